"""A load `--as statement`: the rows of any format as what the venue says, and whose word it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from runner.engines.base import Engine
from runner.engines.staging import Staging
from runner.errors import UsageError
from runner.ingest.batch import Append
from runner.ingest.candidates import Candidates
from runner.ingest.facts import FactTable
from runner.ingest.formats import Format
from runner.ingest.functions import quoted
from runner.ingest.shape import Shape
from runner.ingest.shapes import SHAPES
from runner.ingest.shapes.stated import BEFORE, ONLY_STATED, STATED, Extent, stated

SUFFIX = " as statement"
_OWN = {"statement", "statement_order", "statement_fill", "statement_balance"}


def as_statement(form: Format, extent: Extent) -> Format:
    """The format read as a statement. UsageError where it holds nothing that a statement tells."""
    if set(form.shapes) <= _OWN:
        if extent != Extent():
            raise UsageError(
                "R285",
                f"the rows of {form.name} say their own period and scope",
                mend="leave --from, --to and --scope out",
            )
        return form
    if not tells(form):
        raise UsageError(
            "R285",
            f"{form.name} holds nothing that a statement tells",
            why=f"its rows are {' and '.join(form.shapes)}; a statement tells fills, "
            "orders and balances",
            mend="leave `--as statement` out",
        )
    told = replace(extent, scope=extent.scope or form.scope, repeats=form.repeats)
    return replace(form, name=form.name + SUFFIX, extent=told)


def refuse_stated(form: Format) -> None:
    """UsageError for facts of a format that holds only what a venue states."""
    if not makes_facts(form):
        raise UsageError(
            "R285",
            f"{form.name} holds nothing but what the venue states",
            why="what is held is worked out from fills and cash; a balance is compared with it",
            mend="add `--as statement`",
        )


def makes_facts(form: Format) -> bool:
    """Whether a format's rows can be facts of the ledger."""
    return not set(form.shapes) <= {*ONLY_STATED}


def tells(form: Format) -> bool:
    """Whether a format's rows are, or can be, what a venue states."""
    return bool(set(form.shapes) & {*STATED, *_OWN})


def format_of(name: str) -> str:
    """The format whose rows are kept under a name."""
    return name.removesuffix(SUFFIX)


def stage_before(
    engine: Engine, staging: Staging, batch_id: int, name: str, given: Extent | None = None
) -> Extent | None:
    """What rows refused of a batch claim to be whole about; None where they were no statement.

    `name` is what they are kept under, `given` what their load said, if known. The statements that
    were made of their file are staged: a row by itself would claim another period.
    """
    if not name.endswith(SUFFIX):
        return None
    rows = list(
        engine.query(
            "select s.batch_id, s.venue, s.account_id, s.instrument_id, s.period_start, "
            "s.period_end from statements as s inner join ledger_batches as b "
            "on s.batch_id = b.batch_id inner join ledger_batches as own on b.source = own.source "
            f"where own.batch_id = {batch_id} and b.batch_id <= {batch_id} "
            f"and b.format = {quoted(name)} order by s.batch_id, s.statement_id"
        ).rows
    )
    columns = ("batch_id bigint", "venue varchar", "account_id varchar", "instrument_id varchar",
               "period_start timestamp", "period_end timestamp")  # fmt: skip
    staging.run(f"create or replace temp table {BEFORE} ({', '.join(columns)})")
    if rows:
        staging.run(
            f"insert into {BEFORE} select "
            + ", ".join(f"unnest(?::{column.split()[1]}[])" for column in columns),
            [list(values) for values in zip(*rows, strict=True)],
        )
    found = None if not rows else "symbols" if any(row[3] for row in rows) else "account"
    given = given or Extent()
    return replace(given, scope=given.scope or found, is_retried=True)


def shapes_of(form: Format) -> list[Shape]:
    """What a load makes of a format's rows, each after those it points to."""
    shapes = [shape for name, shape in SHAPES.items() if name in form.shapes]
    if form.extent is None:
        return [shape for shape in shapes if shape.name not in ONLY_STATED]
    told = [stated(shape.name, form.extent) for shape in shapes]
    return [shape for shape in told if shape is not None]


def takes_rest(form: Format, shape: Shape) -> bool:
    """Whether rows that say no shape the format has are judged as this one."""
    loaded = [
        name
        for name in form.shapes
        if (name not in ONLY_STATED if form.extent is None else name in STATED)
    ]
    return shape.name == loaded[0]


def new_statements(
    staging: Staging, loaded: Sequence[Candidates], facts: Mapping[str, FactTable]
) -> Append | None:
    """The statements that fresh rows are of, and that are not known."""
    parts = [
        "select statement_id, keep_venue, keep_account_id, keep_period_start, keep_period_end, "
        f"keep_instrument_id from {rows.table} where {rows.fresh}"
        for rows in loaded
        if "period_start" in rows.shape.keeps
    ]
    if not parts:
        return None
    staging.run(
        "create or replace temp table ingest_new_statements as "
        f"select distinct * from ({' union all '.join(parts)}) as rows"
    )
    fact = facts["statements"]
    known = staging.ledger(
        fact.name, fact.columns, fact.key[0], "select statement_id from ingest_new_statements"
    )
    return Append(
        fact.name,
        "select statement_id, keep_venue as venue, keep_account_id as account_id, "
        "keep_period_start as period_start, keep_period_end as period_end, "
        "keep_instrument_id as instrument_id from ingest_new_statements "
        f"where statement_id not in (select statement_id from {known})",
    )
