"""`runner ingest`: files in, one batch of facts out, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from runner.config import Config
from runner.engines.base import Engine
from runner.engines.staging import Staging
from runner.errors import QuarantinedRows
from runner.ingest import (
    batch,
    candidates,
    companions,
    duplicates,
    functions,
    inputs,
    known_instruments,
    load_warnings,
    macros,
    order_events,
    quarantine,
    raw_rows,
    readers,
    references,
    statement,
    tally,
)
from runner.ingest.batch import Append, Origin
from runner.ingest.candidates import Candidates
from runner.ingest.facts import SOURCE_ROW, FactTable, fact_tables
from runner.ingest.fields import Defaults
from runner.ingest.formats import Format, find_format
from runner.ingest.progress import Progress
from runner.ingest.shapes.events import EVENT_TYPES
from runner.ingest.shapes.stated import Extent
from runner.ingest.source import Source


@dataclass(frozen=True)
class LoadReport:
    """What one load did. `read` = rows that made facts + `duplicates` + `quarantined`.

    `passed_over` rows more hold nothing that a ledger keeps.
    """

    batch_id: int | None
    source: str
    format: str
    read: int
    appended: Mapping[str, int]
    duplicates: int
    quarantined: int
    passed_over: int = 0
    warnings: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # of each reason, most frequent first, a row


@dataclass(frozen=True)
class Call:
    """What the caller asked for."""

    form: Format
    sources: Sequence[Source]
    defaults: Defaults
    strict: bool
    kind: str
    now: datetime | None
    progress: Progress

    @property
    def source(self) -> str:
        names = [source.name for source in self.sources]
        return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def ingest(
    engine: Engine,
    config: Config,
    files: Sequence[Path],
    format_name: str,
    *,
    account: str | None = None,
    venue: str | None = None,
    strict: bool = False,
    kind: str = "INGEST",
    now: datetime | None = None,
    extent: Extent | None = None,
    progress: Progress | None = None,
) -> LoadReport:
    """Load files of one format as one batch; a folder or glob stands for its files, - for stdin.

    Rows that cannot become facts go to `quarantine`; with `strict` they alone are kept and
    QuarantinedRows is raised. InputError for a file that cannot be read as what it is called: then
    nothing at all is kept. `account` and `venue` stand for rows that name none. `now` (UTC) is the
    moment the ledger learns the facts; the clock, where None. With `extent` the rows are what a
    venue states, not facts of the ledger. `progress` hears how far the load is.
    """
    form = find_format(config.ingest_path, format_name)
    if extent is not None:
        form, kind = statement.as_statement(form, extent), "STATEMENT"
    else:
        statement.refuse_stated(form)
    defaults = Defaults(venue or form.venue, account, account_is_venue=form.venue is not None)
    progress = progress or Progress()
    with inputs.opened(files, config, progress) as sources:
        call = Call(form, sources, defaults, strict, kind, now, progress)
        with engine.transaction(), engine.staging() as staging:
            report = _load(engine, config, staging, call)
    if strict and report.quarantined:
        raise QuarantinedRows(
            "R103",
            f"{report.quarantined:,} of {report.read:,} rows of {report.source} cannot be loaded; "
            "no facts were appended",
            why="; ".join([*report.warnings, *report.refused[:1]]),
            mend=f"see `runner quarantine list{config.option_for(engine.target.name)}`, "
            "correct the file, "
            "or leave --strict out to load the other rows",
        )
    return report


def _load(engine: Engine, config: Config, staging: Staging, call: Call) -> LoadReport:
    facts = fact_tables(engine, config.migration_path)
    functions.install(staging)
    row_count, warnings = readers.read(staging, call.form, call.sources, call.progress)
    call.progress.began(f"checking {row_count:,} rows")
    loaded = map_rows(staging, call.form, call.defaults, facts)
    judged, appends = judge(engine, staging, loaded, facts)
    counted = tally.count(staging, row_count, judged)
    kept = quarantine.collect(staging, call.form, call.defaults, judged, facts["quarantine"])
    refused = staging.rows("select count(*) from ingest_quarantine")[0][0]
    if call.strict and refused:
        appends = []
    call.progress.began(f"appending {counted.made:,} of {counted.read:,} rows")
    raw = raw_rows.collect(staging, judged) if appends else None
    appended = batch.append(
        engine,
        staging,
        facts,
        [*appends, *filter(None, (kept, raw))],
        Origin(call.kind, call.source, call.form.name),
        call.now,
    )
    rows_appended = dict(appended.rows) if appended else {}
    for table in ("quarantine", raw_rows.TABLE):
        rows_appended.pop(table, None)
    if appends:
        tally.check(staging, counted, judged, rows_appended, refused)
    return LoadReport(
        batch_id=appended.batch_id if appended else None,
        source=call.source,
        format=call.form.name,
        read=counted.read,
        appended=rows_appended,
        duplicates=counted.duplicates,
        quarantined=refused,
        passed_over=counted.passed_over,
        warnings=warnings
        + load_warnings.of(staging, loaded, facts, counted, rows_appended, call.now),
        refused=load_warnings.first_refused(staging) if refused else [],
    )


def map_rows(
    staging: Staging, form: Format, defaults: Defaults, facts: Mapping[str, FactTable]
) -> list[Candidates]:
    """What the mapping makes of the rows that were read, one staging table a shape."""
    macros.install(staging, form.macros)
    shapes = statement.shapes_of(form)
    types = candidates.mapped(staging, form)
    instruments = None
    if any(shape.has_instrument for shape in shapes):
        instruments = known_instruments.relation(staging, facts)
    return [
        candidates.build(
            staging,
            form,
            shape,
            types,
            facts[shape.table].columns,
            instruments,
            defaults,
            takes_rest=statement.takes_rest(form, shape),
        )
        for shape in shapes
    ]


def judge(
    engine: Engine, staging: Staging, loaded: Sequence[Candidates], facts: Mapping[str, FactTable]
) -> tuple[list[Candidates], list[Append]]:
    """Judge rows against others and the ledger; what is to be appended, in any order."""
    for nth, rows in enumerate(loaded):
        references.check(staging, rows, facts, loaded[:nth])
        if rows.shape.table == "orders":
            order_events.mark_restatements(staging, rows, facts)
        duplicates.mark(staging, rows, facts[rows.shape.table])
    steps = [
        order_events.build(staging, rows, facts) for rows in loaded if rows.shape.table == "orders"
    ]
    (last,) = next(iter(engine.query("select max(sequence_number) from order_events").rows))
    return [*loaded, *steps], appends_of(staging, loaded, steps, facts, last or 0)


def appends_of(
    staging: Staging,
    loaded: Sequence[Candidates],
    steps: Sequence[Candidates],
    facts: Mapping[str, FactTable],
    last_event: int,
) -> list[Append]:
    """What judged rows make: their own facts, and those first seen on them.

    `steps` are the events that orders' rows make, `last_event` the sequence number of the ledger's
    last one.
    """
    # refuses fills that contradict their order, so before anything is counted as fresh
    made = [companions.new_orders(staging, loaded, facts)]
    made.append(companions.new_accounts(staging, loaded, facts))
    made.append(companions.new_instruments(staging, loaded, facts))
    made.append(statement.new_statements(staging, loaded, facts))
    appends: dict[str, list[str]] = {}
    for append in made:
        if append is not None:
            appends.setdefault(append.table, []).append(append.sql)
    for rows in (*loaded, *steps):
        listed = ", ".join(c.name for c in rows.columns)
        appends.setdefault(rows.shape.table, []).append(
            f"select {listed}, row_id as {SOURCE_ROW} from {rows.table} where {rows.fresh}"
        )
    return [
        Append(table, _in_sequence(table, " union all by name ".join(parts), last_event))
        for table, parts in appends.items()
    ]


def _in_sequence(table: str, sql: str, last: int) -> str:
    """Events are numbered through the ledger, those of a load in the order of what happened."""
    if table != "order_events":
        return sql
    # steps of one moment come in the order of an order's life: sent, acknowledged, filled; those of
    # one kind as the file tells them
    life = f"list_position({list(EVENT_TYPES)}, event_type)"
    order = f"occurred_at, {life}, {SOURCE_ROW}, event_id"
    return (
        f"select *, {last} + row_number() over (order by {order}) as sequence_number "
        f"from ({sql}) as rows"
    )
