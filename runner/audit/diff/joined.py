"""Two tables of one engine compared by one full outer join on their key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.audit.diff.pairs import Pair, place, row_difference, tally
from runner.audit.diff.results import TableDifference, Total
from runner.audit.diff.tables import COPIES, Table
from runner.engines.base import Engine

_SIDE = "diff_side"  # null where a row is not in that table
FEW = 10_000  # rows that differ are counted as they are read up to here, else by the engine


def compare(engine: Engine, table: Table, a: str, b: str, limit: int) -> TableDifference:
    """`a` and `b` are the relations' names in `engine`; `limit` is of the rows that are kept.

    Where few rows differ the tables are joined once, else once more to count and to sort.
    """
    found = TableDifference(table, engine.row_count(a), engine.row_count(b))
    unlike = _joined(table, a, b)
    pairs = list(_pairs(engine, table, f"{unlike} limit {FEW + 1}"))
    if len(pairs) <= FEW:
        tally(found, sorted(pairs, key=lambda pair: place(table, pair)), limit)
    else:
        _count(engine, found, unlike)
        order = ", ".join(f"coalesce(a.{k}, b.{k}) nulls first" for k in map(quote, table.key))
        first = _pairs(engine, table, f"{unlike} order by {order} limit {limit}")
        found.rows = [row_difference(table, pair) for pair in first] if limit else []
    if found.differing:
        found.totals = totals(engine, engine, table, a, b)
    return found


def rows_sql(table: Table, relation: str) -> str:
    """The rows of one build; of a table without a key each once, and how often it stands there."""
    listed = ", ".join(
        f"cast({quote(name)} as varchar) as {quote(name)}" if name in table.retyped else quote(name)
        for name in table.names
    )
    if not table.is_counted:
        return f"select {listed} from {quote(relation)}"
    grouped = f"select {listed} from {quote(relation)}"
    names = ", ".join(map(quote, table.names))
    return f"select {names}, count(*) as {COPIES} from ({grouped}) as sides group by {names}"


def _joined(table: Table, a: str, b: str) -> str:
    """The pairs of rows that are not alike."""
    sides = [
        f"(select *, 1 as {_SIDE} from ({rows_sql(table, relation)}) as {name}_rows) as {name}"
        for name, relation in (("a", a), ("b", b))
    ]
    on = " and ".join(f"a.{k} is not distinct from b.{k}" for k in map(quote, table.key))
    unlike = [f"a.{_SIDE} is null", f"b.{_SIDE} is null"]
    unlike += [_differs(column) for column in table.compared]
    return f"from {sides[0]} full outer join {sides[1]} on {on} where {' or '.join(unlike)}"


def _differs(column: str) -> str:
    return f"a.{quote(column)} is distinct from b.{quote(column)}"


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _count(engine: Engine, found: TableDifference, unlike: str) -> None:
    table = found.table
    both = f"a.{_SIDE} = 1 and b.{_SIDE} = 1"
    if table.is_counted:
        more, fewer = (
            f"coalesce(sum(coalesce({one}.{COPIES}, 0) - coalesce({other}.{COPIES}, 0)) "
            f"filter (where coalesce({one}.{COPIES}, 0) > coalesce({other}.{COPIES}, 0)), 0)"
            for one, other in (("b", "a"), ("a", "b"))
        )
        counts = [more, fewer, "0"]
    else:
        counts = [
            f"count(case when a.{_SIDE} is null then 1 end)",
            f"count(case when b.{_SIDE} is null then 1 end)",
            f"count(case when {both} then 1 end)",
        ]
        counts += [f"count(case when {both} and {_differs(c)} then 1 end)" for c in table.compared]
    listed = ", ".join(f"{count} as count_{n}" for n, count in enumerate(counts))
    ((added, removed, changed, *by_column),) = engine.query(f"select {listed} {unlike}").rows
    found.added, found.removed, found.changed = int(added), int(removed), int(changed)
    if not table.is_counted:
        counted = zip(table.compared, by_column, strict=True)
        found.changed_columns = {name: int(count) for name, count in counted if count}


def _pairs(engine: Engine, table: Table, unlike: str) -> Iterator[Pair]:
    listed = [f"a.{_SIDE} as a_side", f"b.{_SIDE} as b_side"]
    width = len(table.outputs)
    for side in ("a", "b"):
        listed += [f"{side}.{quote(c.name)} as {side}_{n}" for n, c in enumerate(table.outputs)]
    for a_side, b_side, *values in engine.query(f"select {', '.join(listed)} {unlike}").rows:
        yield values[:width] if a_side else None, values[width:] if b_side else None


def totals(of_a: Engine, of_b: Engine, table: Table, a: str, b: str) -> list[Total]:
    """Each amount's sum in either build, by currency where the table has one."""
    if not table.amounts:
        return []
    before, after = _sums(of_a, table, a), _sums(of_b, table, b)
    nothing = (None,) * len(table.amounts)
    return [
        Total(currency, column, before.get(currency, nothing)[n], after.get(currency, nothing)[n])
        for currency in sorted({*before, *after}, key=lambda c: (c is None, c or ""))
        for n, column in enumerate(table.amounts)
    ]


def _sums(engine: Engine, table: Table, relation: str) -> dict[str | None, tuple[Any, ...]]:
    currency = table.currency
    sums = ", ".join(f"sum({quote(name)}) as sum_{n}" for n, name in enumerate(table.amounts))
    if currency is None:
        (row,) = engine.query(f"select {sums} from {quote(relation)}").rows
        return {None: row}
    answer = engine.query(f"select {currency}, {sums} from {quote(relation)} group by {currency}")
    return {row[0]: row[1:] for row in answer.rows}
