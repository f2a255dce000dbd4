"""Two tables of different engines compared: both read in the order of their key, side by side."""

from __future__ import annotations

from collections.abc import Iterator

from runner.audit.diff.joined import quote, rows_sql, totals
from runner.audit.diff.pairs import Pair, Row, place, tally
from runner.audit.diff.results import TableDifference
from runner.audit.diff.tables import Table
from runner.engines.base import Engine


def compare(of_a: Engine, of_b: Engine, table: Table, limit: int) -> TableDifference:
    """As `joined.compare`; no more than a row of each, and the rows kept, is held at a time."""
    name = table.name
    found = TableDifference(table, of_a.row_count(name), of_b.row_count(name))
    tally(found, _paired(of_a, of_b, table), limit)
    if found.differing:
        found.totals = totals(of_a, of_b, table, name, name)
    return found


def _paired(of_a: Engine, of_b: Engine, table: Table) -> Iterator[Pair]:
    ours, theirs = _sorted(of_a, table), _sorted(of_b, table)
    a, b = next(ours, None), next(theirs, None)
    while a is not None or b is not None:
        of_ours = None if a is None else place(table, (a, None))
        of_theirs = None if b is None else place(table, (None, b))
        has_a = of_theirs is None or (of_ours is not None and of_ours <= of_theirs)
        has_b = of_ours is None or (of_theirs is not None and of_theirs <= of_ours)
        yield a if has_a else None, b if has_b else None
        if has_a:
            a = next(ours, None)
        if has_b:
            b = next(theirs, None)


def _sorted(engine: Engine, table: Table) -> Iterator[Row]:
    listed = ", ".join(quote(column.name) for column in table.outputs)
    order = ", ".join(f"{quote(name)} nulls first" for name in table.key)
    sql = f"select {listed} from ({rows_sql(table, table.name)}) as sides order by {order}"
    yield from engine.query(sql).rows
