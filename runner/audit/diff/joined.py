"""Two tables of one engine compared by joins on their key.

The first is joined to the second; the second to the first only where it has rows of its own. A full
outer join would do both at once, but without a hash join an engine runs it row by row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from runner.audit.diff.pairs import Pair, place, row_difference, tally
from runner.audit.diff.results import RowDifference, TableDifference, Total
from runner.audit.diff.tables import COPIES, Table
from runner.engines.base import Engine
from runner.sqltyping.types import Kind

_SIDE = "diff_side"  # null where a row is not in that table
_TEXT = "diff_text"
_PLAIN = frozenset({Kind.TEXT, Kind.UUID, Kind.INTEGER, Kind.DATE, Kind.TIMESTAMP})
FEW = 10_000  # rows that differ are counted as they are read up to here, else by the engine


def compare(engine: Engine, table: Table, a: str, b: str, limit: int) -> TableDifference:
    """`a` and `b` are the relations' names in `engine`; `limit` is of the rows that are kept.

    Where few rows differ and none is added the tables are joined once.
    """
    found = TableDifference(table, engine.row_count(a), engine.row_count(b))
    as_text = _as_text(engine, table, a, b)
    unlike, added = (_joined(table, a, b, as_text, is_added=x) for x in (False, True))
    pairs = list(_pairs(engine, table, f"{unlike} limit {FEW + 1}"))
    matched = found.rows_before - sum(after is None for _, after in pairs)
    if table.is_counted or matched != found.rows_after or len(pairs) > FEW:
        pairs += _pairs(engine, table, f"{added} limit {FEW + 1}")
    if len(pairs) <= FEW:
        tally(found, sorted(pairs, key=lambda pair: place(table, pair)), limit)
    else:
        _count(engine, found, unlike, added)
        found.rows = _first(engine, table, unlike, added, limit) if limit else ()
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


def _joined(table: Table, a: str, b: str, as_text: Collection[str], *, is_added: bool) -> str:
    """The pairs of rows that are not alike: those of `a`, or those that only `b` has.

    Columns of the key `as_text` are matched by it first: an engine without a hash join looks rows
    up by plain equality alone.
    """
    texts = [
        f", coalesce(cast({quote(k)} as varchar), '') as {_TEXT}_{n}"
        for n, k in enumerate(table.key)
        if k in as_text
    ]
    shown = f"select *, 1 as {_SIDE}{''.join(texts)}"
    of_a, of_b = (
        f"({shown} from ({rows_sql(table, relation)}) as {name}_rows) as {name}"
        for name, relation in (("a", a), ("b", b))
    )
    on = [f"a.{quote(k)} = b.{quote(k)}" for k in table.key if k not in as_text]
    for n, k in enumerate(table.key):
        if k in as_text:
            on += [
                f"a.{_TEXT}_{n} = b.{_TEXT}_{n}",
                f"a.{quote(k)} is not distinct from b.{quote(k)}",
            ]
    matching = " and ".join(on)
    if is_added:
        return f"from {of_b} left join {of_a} on {matching} where a.{_SIDE} is null"
    unlike = " or ".join([f"b.{_SIDE} is null", *map(_differs, table.compared)])
    return f"from {of_a} left join {of_b} on {matching} where {unlike}"


def _as_text(engine: Engine, table: Table, a: str, b: str) -> set[str]:
    """Columns of the key that hold a null, or are of a type that plain equality is slow with."""
    kinds = {column.name: column.type.kind for column in table.columns}
    found = {name for name in table.key if kinds[name] not in _PLAIN}
    counts = ", ".join(f"count({quote(k)}) as count_{n}" for n, k in enumerate(table.key))
    for relation in (a, b):
        ((total, *known),) = engine.query(
            f"select count(*) as total, {counts} from {quote(relation)}"
        ).rows
        found |= {k for k, count in zip(table.key, known, strict=True) if count < total}
    return found


def _differs(column: str) -> str:
    return f"a.{quote(column)} is distinct from b.{quote(column)}"


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _count(engine: Engine, found: TableDifference, unlike: str, added: str) -> None:
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
    halves = [next(iter(engine.query(f"select {listed} {x}").rows)) for x in (unlike, added)]
    found.added, found.removed, found.changed, *by_column = (
        int(one) + int(other) for one, other in zip(*halves, strict=True)
    )
    if not table.is_counted:
        counted = zip(table.compared, by_column, strict=True)
        found.changed_columns = {name: count for name, count in counted if count}


def _first(
    engine: Engine, table: Table, unlike: str, added: str, limit: int
) -> list[RowDifference]:
    pairs: list[Pair] = []
    for side, rows in (("a", unlike), ("b", added)):
        order = ", ".join(f"{side}.{quote(k)} nulls first" for k in table.key)
        pairs += _pairs(engine, table, f"{rows} order by {order} limit {limit}")
    pairs.sort(key=lambda pair: place(table, pair))
    return [row_difference(table, pair) for pair in pairs[:limit]]


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
