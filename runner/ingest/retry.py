"""`runner quarantine retry`: rows that were refused, mapped again by today's rules.

Rows of one file and load are mapped together and land as one batch, in one transaction, with a row
of `quarantine_resolutions` for each that was taken. A row stays open while anything it holds is
refused. What a retry did not come to, interrupted, the next one does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from runner.config import Config
from runner.engines.base import Engine
from runner.engines.staging import Staging
from runner.errors import InputError, Location, UsageError
from runner.ingest import (
    batch,
    functions,
    kept_parts,
    kept_rows,
    load,
    quarantine,
    raw_rows,
    readers,
    statement,
    tally,
)
from runner.ingest.batch import Append, Batch
from runner.ingest.candidates import Candidates
from runner.ingest.facts import fact_tables
from runner.ingest.fields import Defaults
from runner.ingest.formats import Format, find_format, formats
from runner.ingest.kept_rows import Kept, Origin, Selection
from runner.ingest.readers import Row
from runner.ingest.shapes import SHAPES
from runner.ingest.shapes.stated import Extent
from runner.ingest.source import Source


@dataclass
class RetryReport:
    """What a retry did, over all files: `loaded` + `known` rows were taken of those `tried`."""

    tried: int = 0
    loaded: int = 0
    known: int = 0
    appended: dict[str, int] = field(default_factory=dict)
    batch_ids: list[int] = field(default_factory=list)
    refused: list[tuple[str, int, str]] = field(default_factory=list)  # file, line, reason


def retry(
    engine: Engine,
    config: Config,
    selection: Selection,
    *,
    account: str | None = None,
    venue: str | None = None,
    now: datetime | None = None,
) -> RetryReport:
    """Map the open rows of a selection again; append what maps, and close them.

    `account` and `venue` stand before those the rows were loaded with. `now` as in `ingest`.
    """
    known = formats(config.ingest_path)
    order = list(SHAPES)

    def place(origin: Origin) -> int:
        name = statement.format_of(origin.format)
        return order.index(known[name].shape) if name in known else len(order)

    report = RetryReport()
    for origin in sorted(kept_rows.origins(engine, selection), key=place):
        rows = list(kept_rows.rows_of(engine, origin, selection))
        meant = [row for row in rows if row.is_meant]
        report.tried += len(meant)
        try:
            form = find_format(config.ingest_path, statement.format_of(origin.format))
            defaults = Defaults(
                venue or origin.venue or form.venue,
                account or origin.account,
                account_is_venue=form.venue is not None,
            )
            files = _files(origin, rows)
            with engine.transaction(), engine.staging() as staging:
                done = _retry(engine, config, staging, form, origin, defaults, files, now)
        except (InputError, UsageError) as error:
            # its format is gone, or has other columns by now: no row of this file can be read
            more = f" ({len(meant):,} rows)" if len(meant) > 1 else ""
            report.refused.append((origin.source, meant[0].line, f"{error.what}{more}"))
            continue
        report.loaded += done.loaded
        report.known += done.known
        report.refused += done.refused
        if done.batch is not None:
            report.batch_ids.append(done.batch.batch_id)
            for table, count in done.batch.rows.items():
                if table not in ("quarantine_resolutions", raw_rows.TABLE):
                    report.appended[table] = report.appended.get(table, 0) + count
    return report


@dataclass(frozen=True)
class _Files:
    """The rows as files to read, and where each row that is meant stands in them."""

    files: list[tuple[Source, str | None, list[Row]]]
    meant: list[tuple[str, int]]  # quarantine_id, row_id


def _files(origin: Origin, rows: Iterable[Kept]) -> _Files:
    """Rows of another text on the same line (two files of one name) are in a file of their own."""
    layers: list[dict[int, str]] = []
    meant = []
    reader = origin.reader
    for row in rows:
        if reader is None and row.raw.lstrip().startswith("{"):
            reader = "json"
        if reader is None or (reader == "csv" and origin.header is None):
            raise InputError(
                "R283",
                "refused by an older runner, which did not keep its header: load its file again",
                where=Location(Path(origin.source), row.line),
            )
        number = next(
            (n for n, layer in enumerate(layers) if layer.get(row.line, row.raw) == row.raw),
            len(layers),
        )
        if number == len(layers):
            layers.append({})
        layers[number][row.line] = row.raw
        if row.is_meant:
            meant.append((str(row.quarantine_id), (number << readers.FILE_SHIFT) + row.line))
    header = origin.header if reader == "csv" else None
    path = Path(origin.source)
    return _Files(
        [
            (Source(path, number, origin.source, str(reader), b""), header, list(layer.items()))
            for number, layer in enumerate(layers)
        ],
        meant,
    )


@dataclass(frozen=True)
class _Done:
    batch: Batch | None
    loaded: int
    known: int
    refused: list[tuple[str, int, str]]


def _retry(
    engine: Engine,
    config: Config,
    staging: Staging,
    form: Format,
    origin: Origin,
    defaults: Defaults,
    files: _Files,
    now: datetime | None,
) -> _Done:
    facts = fact_tables(engine, config.migration_path)
    given = Extent(origin.start, origin.end, origin.scope)
    extent = statement.stage_before(engine, staging, origin.batch_id, origin.format, given)
    if extent is not None:
        form = statement.as_statement(form, extent)
    functions.install(staging)
    readers.read_kept(staging, form, files.files)
    loaded = load.map_rows(staging, form, defaults, facts)
    _keep_meant(staging, loaded, files.meant)
    judged, appends = load.judge(engine, staging, loaded, facts)
    kept_parts.mark_known(engine, staging, judged, facts)
    counted = tally.count(staging, len({row_id for _, row_id in files.meant}), judged)
    quarantine.collect(staging, form, defaults, judged, facts["quarantine"])
    refused = staging.rows(
        f"select row_id & {(1 << readers.FILE_SHIFT) - 1}, min(reason_code || ': ' || reason) "
        "from ingest_quarantine group by row_id order by row_id"
    )
    _resolve(staging, judged)
    outcomes = dict(
        staging.rows("select resolution, count(*) from ingest_resolutions group by resolution")
    )
    raw = raw_rows.collect(staging, judged)
    resolutions = Append(
        "quarantine_resolutions", "select quarantine_id, resolution from ingest_resolutions"
    )
    appended = batch.append(
        engine,
        staging,
        facts,
        [*appends, resolutions, *filter(None, [raw])],
        batch.Origin(
            "INGEST" if extent is None else "STATEMENT", f"quarantine of {origin.source}", form.name
        ),
        now,
    )
    tally.check(staging, counted, judged, appended.rows if appended else {}, counted.refused)
    return _Done(
        appended,
        outcomes.get("LOADED", 0),
        outcomes.get("KNOWN", 0),
        [(origin.source, line, reason) for line, reason in refused],
    )


def _keep_meant(
    staging: Staging, loaded: Sequence[Candidates], meant: Sequence[tuple[str, int]]
) -> None:
    """Leave the rows that are meant: the others were read as equal rows are numbered by them."""
    staging.run("create or replace temp table ingest_meant (quarantine_id uuid, row_id bigint)")
    staging.run(
        "insert into ingest_meant select cast(unnest(?::varchar[]) as uuid), unnest(?::bigint[])",
        [[row_id for row_id, _ in meant], [number for _, number in meant]],
    )
    for table in ("ingest_refused", *(rows.table for rows in loaded)):
        staging.run(f"delete from {table} where row_id not in (select row_id from ingest_meant)")


def _resolve(staging: Staging, judged: Sequence[Candidates]) -> None:
    """ingest_resolutions: the rows of which all that they hold is a fact, here or before."""
    things = " union all ".join(
        f"select row_id, problem, is_duplicate from {rows.table}" for rows in judged
    )
    staging.run(
        "create or replace temp table ingest_resolutions as select m.quarantine_id, "
        "case when bool_or(not t.is_duplicate) then 'LOADED' else 'KNOWN' end as resolution "
        f"from ingest_meant as m inner join ({things}) as t on m.row_id = t.row_id "
        "where m.row_id not in (select row_id from ingest_refused) "
        "group by m.quarantine_id having count(t.problem) = 0"
    )
