"""A diff as people read it, in sections, and as one JSON document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from runner.audit.diff.results import (
    Difference,
    Fact,
    Knowledge,
    RowDifference,
    TableDifference,
    Total,
)
from runner.engines.base import Column, Result
from runner.money import CONTEXT
from runner.report.write import text
from runner.sqltyping.types import INTEGER, MONEY, TEXT, TIMESTAMP

Section = tuple[str, Result]


def sections(found: Difference) -> Iterator[Section]:
    """A summary of the tables that differ, then of each what differs, then the facts behind it."""
    yield _summary(found)
    for difference in found.tables:
        name = difference.table.name
        if difference.totals:
            yield from _totals(found, name, difference.totals)
        if difference.rows:
            shown, differing = len(difference.rows), difference.differing
            of = f"{shown} of {differing:,} rows that differ" if shown < differing else "rows"
            yield f"{name}: {of}", _rows(found, difference)
    if found.knowledge is not None:
        yield _batches(found.knowledge)


def _summary(found: Difference) -> Section:
    columns = (
        Column("table", TEXT),
        Column(f"rows in {found.before}", INTEGER),
        Column(f"rows in {found.after}", INTEGER),
        Column("added", INTEGER),
        Column("removed", INTEGER),
        Column("changed", INTEGER),
        Column("columns that differ", TEXT),
    )
    rows: list[tuple[Any, ...]] = [
        (
            d.table.name,
            d.rows_before,
            d.rows_after,
            d.added,
            d.removed,
            d.changed,
            ", ".join(_columns(found, d)),
        )
        for d in found.tables
        if not d.is_equal
    ]
    nothing = (None,) * 5
    rows += [(name, *nothing, f"only in {found.before}") for name in found.only_before]
    rows += [(name, *nothing, f"only in {found.after}") for name in found.only_after]
    return f"{found.before} against {found.after}", Result(columns, iter(rows))


def _columns(found: Difference, difference: TableDifference) -> Iterator[str]:
    table = difference.table
    yield from (f"{name} ({count:,})" for name, count in difference.changed_columns.items())
    yield from (f"{name} (only in {found.before})" for name in table.only_in_a)
    yield from (f"{name} (only in {found.after})" for name in table.only_in_b)
    yield from (f"{name} (of another type)" for name in sorted(table.retyped))


def _totals(found: Difference, name: str, totals: Sequence[Total]) -> Iterator[Section]:
    differing = [t for t in totals if t.before != t.after]
    if not differing:
        return
    columns = (
        Column("currency", TEXT),
        Column("column", TEXT),
        Column(found.before, MONEY),
        Column(found.after, MONEY),
        Column("delta", MONEY),
    )
    rows = ((t.currency, t.column, t.before, t.after, delta(t.before, t.after)) for t in differing)
    yield f"{name}: totals", Result(columns, rows)


def _rows(found: Difference, difference: TableDifference) -> Result:
    """A line for each column of a changed row, and one for a row that is added or removed."""
    table = difference.table
    keys = ("row",) if table.is_counted else table.key
    has_facts = found.knowledge is not None
    columns = (
        Column("change", TEXT),
        *(Column(name, TEXT) for name in keys),
        Column("column", TEXT),
        Column(found.before, TEXT),
        Column(found.after, TEXT),
        Column("delta", TEXT),
        *([Column("facts", TEXT)] if has_facts else []),
    )

    def lines() -> Iterator[tuple[Any, ...]]:
        for place, row in enumerate(difference.rows):
            key = tuple(text(value) for value in row.key.values())
            if table.is_counted:
                key = (", ".join(f"{n}={text(v)}" for n, v in row.key.items() if v is not None),)
            facts = _facts_of(found.knowledge, table.name, place)
            told = "; ".join(map(str, facts)) or "none of its own"
            for line in _deltas(difference, row) or [(None, None, None, None)]:
                name, before, after, change = line
                said = (row.change, *key, name, _shown(name, before), _shown(name, after))
                yield (*said, text(change), *([told] if has_facts else []))
                told = ""

    return Result(columns, lines())


def _shown(column: str | None, value: Any) -> str:
    return "null" if column is not None and value is None else text(value)


def _deltas(
    difference: TableDifference, row: RowDifference
) -> list[tuple[str | None, Any, Any, Decimal | int | None]]:
    if row.before is None or row.after is None:
        return []
    return [
        (name, row.before[name], row.after[name], delta(row.before[name], row.after[name]))
        for name in difference.table.compared
        if row.before[name] != row.after[name]
    ]


def delta(before: Any, after: Any) -> Decimal | int | None:
    """How much more it is afterwards; None where it is no exact number on both sides."""
    if isinstance(before, Decimal) and isinstance(after, Decimal):
        return CONTEXT.subtract(after, before)
    if type(before) is int and type(after) is int:
        return after - before
    return None


def _batches(knowledge: Knowledge) -> Section:
    columns = (
        Column("batch", INTEGER),
        Column("recorded_at", TIMESTAMP),
        Column("source", TEXT),
        Column("facts", TEXT),
    )
    rows = ((b.batch_id, b.recorded_at, b.source, _counts(b.row_counts)) for b in knowledge.batches)
    return f"facts in {knowledge.newer} alone", Result(columns, rows)


def _counts(row_counts: Mapping[str, int]) -> str:
    return ", ".join(f"{table} {count:,}" for table, count in row_counts.items())


def _facts_of(knowledge: Knowledge | None, table: str, place: int) -> Sequence[Fact]:
    return knowledge.facts.get((table, place), ()) if knowledge else ()


def document(found: Difference) -> dict[str, Any]:
    """The whole of it; of a changed row only the columns that differ."""
    return {
        "a": found.before,
        "b": found.after,
        "equal": found.is_equal,
        "note": found.note or None,
        "only_in_a": list(found.only_before),
        "only_in_b": list(found.only_after),
        "tables": [_table(found, d) for d in found.tables],
        "knowledge": found.knowledge
        and {
            "newer": found.knowledge.newer,
            "batches": [
                {
                    "batch_id": b.batch_id,
                    "recorded_at": b.recorded_at,
                    "source": b.source,
                    "row_counts": dict(b.row_counts),
                }
                for b in found.knowledge.batches
            ],
        },
    }


def _table(found: Difference, d: TableDifference) -> dict[str, Any]:
    return {
        "table": d.table.name,
        "key": None if d.table.is_counted else list(d.table.key),
        "equal": d.is_equal,
        "rows_in_a": d.rows_before,
        "rows_in_b": d.rows_after,
        "added": d.added,
        "removed": d.removed,
        "changed": d.changed,
        "changed_columns": dict(d.changed_columns),
        "columns_only_in_a": list(d.table.only_in_a),
        "columns_only_in_b": list(d.table.only_in_b),
        "columns_of_another_type": sorted(d.table.retyped),
        "totals": [
            {
                "currency": t.currency,
                "column": t.column,
                "a": t.before,
                "b": t.after,
                "delta": delta(t.before, t.after),
            }
            for t in d.totals
        ],
        "rows": [_row(found, d, place, row) for place, row in enumerate(d.rows)],
    }


def _row(found: Difference, d: TableDifference, place: int, row: RowDifference) -> dict[str, Any]:
    said: dict[str, Any] = {"change": row.change, "key": dict(row.key)}
    if row.change == "changed":
        said["columns"] = {
            name: {"a": before, "b": after, "delta": change}
            for name, before, after, change in _deltas(d, row)
        }
    else:
        said["row"] = dict(row.before or row.after or {})
    if found.knowledge is not None:
        said["facts"] = [
            {"table": f.table, "id": f.id, "batch_id": f.batch_id, "said": f.said}
            for f in _facts_of(found.knowledge, d.table.name, place)
        ]
    return said
