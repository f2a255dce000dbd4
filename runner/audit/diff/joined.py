"""Two tables of one engine compared by joins on their key.

The first is joined to the second, the second to the first for rows of its own, and the keys of what
is unlike are kept: all else is read by them. A full outer join would do both at once, but without a
hash join an engine runs it row by row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from runner.audit.diff.pairs import Pair, Row, place, row_difference, tally
from runner.audit.diff.results import TableDifference, Total
from runner.audit.diff.tables import COPIES, Table
from runner.engines.base import Engine
from runner.sqltyping.types import Kind

_SIDE = "diff_side"  # null where a row is not in that table
_TEXT = "diff_text"
_UNLIKE = "diff_unlike"  # a row for each pair that is unlike: its key, and what differs
_PLAIN = frozenset({Kind.TEXT, Kind.UUID, Kind.INTEGER, Kind.DATE, Kind.TIMESTAMP})
FEW = 10_000  # rows that differ are counted as they are read up to here, else by the engine


def compare(engine: Engine, table: Table, a: str, b: str, limit: int) -> TableDifference:
    """`a` and `b` are the relations' names in `engine`, which is one in memory.

    `limit` is of the rows that are kept. Where few rows differ and none is added, the tables are
    joined once.
    """
    found = TableDifference(table, engine.row_count(a), engine.row_count(b))
    as_text = _as_text(engine, table, a, b)
    of_a, added = (_half(table, a, b, as_text, is_added=x) for x in (False, True))
    unlike = engine.table_as(_UNLIKE, of_a)
    ((removed,),) = engine.query(
        f"select count(case when b_side is null then 1 end) as removed from {_UNLIKE}"
    ).rows
    matched = found.rows_before - removed
    if table.is_counted or matched != found.rows_after or unlike > FEW:
        columns = [column.name for column in engine.relations()[_UNLIKE].columns]
        unlike += engine.insert_select(_UNLIKE, columns, added)
    is_few = unlike <= FEW
    wanted = unlike if is_few else limit
    pairs = list(_pairs(engine, table, a, b, as_text, wanted)) if wanted else []
    pairs.sort(key=lambda pair: place(table, pair))
    if is_few:
        tally(found, pairs, limit)
    else:
        _count(engine, found)
        found.rows = [row_difference(table, pair) for pair in pairs]
    engine.drop(_UNLIKE)
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


def _half(table: Table, a: str, b: str, as_text: Collection[str], *, is_added: bool) -> str:
    """The keys of pairs that are not alike: those of `a`, or those that only `b` has."""
    of_a, of_b = (_side(table, name, x, as_text) for name, x in (("a", a), ("b", b)))
    if is_added:
        joined = f"from {of_b} left join {of_a} on {_matching(table, 'a', 'b', as_text)}"
        unlike = f"a.{_SIDE} is null"
    else:
        joined = f"from {of_a} left join {of_b} on {_matching(table, 'a', 'b', as_text)}"
        unlike = " or ".join([f"b.{_SIDE} is null", *map(_differs, table.compared)])
    side = "b" if is_added else "a"
    listed = [f"{side}.{quote(k)} as key_{n}" for n, k in enumerate(table.key)]
    listed += [f"a.{_SIDE} as a_side", f"b.{_SIDE} as b_side"]
    if table.is_counted:
        listed += [f"{x}.{COPIES} as {x}_copies" for x in ("a", "b")]
    else:
        # of an added row no column is compared, and so none is read
        differs = "cast(null as bigint)"
        for n, column in enumerate(table.compared):
            if not is_added:
                differs = f"case when b.{_SIDE} = 1 and {_differs(column)} then 1 end"
            listed.append(f"{differs} as differs_{n}")
    return f"select {', '.join(listed)} {joined} where {unlike}"


def _side(table: Table, name: str, relation: str, as_text: Collection[str]) -> str:
    texts = [f", {_text(quote(k))} as {_TEXT}_{n}" for n, k in enumerate(table.key) if k in as_text]
    rows = rows_sql(table, relation)
    return f"(select *, 1 as {_SIDE}{''.join(texts)} from ({rows}) as {name}_rows) as {name}"


def _text(value: str) -> str:
    return f"coalesce(cast({value} as varchar), '')"


def _matching(table: Table, one: str, other: str, as_text: Collection[str]) -> str:
    """Columns of the key `as_text` are matched by it first.

    An engine without a hash join looks rows up by plain equality alone.
    """
    on = [f"{one}.{quote(k)} = {other}.{quote(k)}" for k in table.key if k not in as_text]
    for n, k in enumerate(table.key):
        if k in as_text:
            on += [
                f"{one}.{_TEXT}_{n} = {other}.{_TEXT}_{n}",
                f"{one}.{quote(k)} is not distinct from {other}.{quote(k)}",
            ]
    return " and ".join(on)


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


def _count(engine: Engine, found: TableDifference) -> None:
    table = found.table
    if table.is_counted:
        more, fewer = (
            f"coalesce(sum(coalesce({one}_copies, 0) - coalesce({other}_copies, 0)) "
            f"filter (where coalesce({one}_copies, 0) > coalesce({other}_copies, 0)), 0)"
            for one, other in (("b", "a"), ("a", "b"))
        )
        counts = [more, fewer, "0"]
    else:
        counts = [
            "count(case when a_side is null then 1 end)",
            "count(case when b_side is null then 1 end)",
            "count(case when a_side = 1 and b_side = 1 then 1 end)",
            *(f"count(differs_{n})" for n in range(len(table.compared))),
        ]
    listed = ", ".join(f"{count} as count_{n}" for n, count in enumerate(counts))
    ((*numbers,),) = engine.query(f"select {listed} from {_UNLIKE}").rows
    found.added, found.removed, found.changed, *by_column = map(int, numbers)
    if not table.is_counted:
        counted = zip(table.compared, by_column, strict=True)
        found.changed_columns = {name: count for name, count in counted if count}


def _pairs(
    engine: Engine, table: Table, a: str, b: str, as_text: Collection[str], wanted: int
) -> Iterator[Pair]:
    """The first so many pairs that are unlike, whole."""
    keys = [f"key_{n}" for n in range(len(table.key))]
    order = ", ".join(f"{key} nulls first" for key in keys)
    first = f"from {_UNLIKE} order by {order} limit {wanted}"
    if table.is_counted:  # the key is the row
        for *values, of_a, of_b in engine.query(
            f"select {', '.join(keys)}, a_copies, b_copies {first}"
        ).rows:
            yield of_a and (*values, of_a), of_b and (*values, of_b)
        return
    named = ", ".join(f"key_{n} as {quote(k)}" for n, k in enumerate(table.key))
    texts = "".join(
        f", {_text(f'key_{n}')} as {_TEXT}_{n}" for n, k in enumerate(table.key) if k in as_text
    )
    numbered = (
        f"(select {named}{texts}, row_number() over (order by {order}) as diff_number {first})"
    )
    sides: list[dict[int, Row]] = []
    for relation in (a, b):
        listed = ", ".join(f"side.{quote(c.name)}" for c in table.outputs)
        # each table is read once and its rows are looked up among the few, not the other way
        rows = engine.query(
            f"select wanted.diff_number, {listed} from {_side(table, 'side', relation, as_text)} "
            f"cross join {numbered} as wanted where {_matching(table, 'side', 'wanted', as_text)}"
        ).rows
        sides.append({int(number): row for number, *row in rows})
    before, after = sides
    for number in sorted({*before, *after}):
        yield before.get(number), after.get(number)


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
