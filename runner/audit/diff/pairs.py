"""Rows of two builds beside each other: what is unlike in them, counted and kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from runner.audit.diff.results import RowDifference, TableDifference
from runner.audit.diff.tables import Table

Row = Sequence[Any]  # the values of `Table.outputs`
Pair = tuple[Row | None, Row | None]
"""A row as it is in each build, None where it is not there."""


def tally(found: TableDifference, pairs: Iterable[Pair], limit: int) -> None:
    """Count the pairs that are unlike, and keep the first `limit` of them."""
    table = found.table
    names = [column.name for column in table.outputs]
    compared = [(names.index(column), column) for column in table.compared]
    changed_columns: Counter[str] = Counter()
    kept: list[RowDifference] = []
    for before, after in pairs:
        unlike = []
        if before is not None and after is not None:
            unlike = [c for n, c in compared if not _alike(before[n], after[n])]
            if not unlike:
                continue
        if table.is_counted:
            more = (after[-1] if after else 0) - (before[-1] if before else 0)
            found.added += max(more, 0)
            found.removed += max(-more, 0)
        else:
            found.added += before is None
            found.removed += after is None
            found.changed += bool(unlike)
            changed_columns.update(unlike)
        if len(kept) < limit:
            kept.append(row_difference(table, (before, after)))
    found.rows = kept
    if not table.is_counted:
        found.changed_columns = {
            c: changed_columns[c] for c in table.compared if changed_columns[c]
        }


def _alike(one: Any, other: Any) -> bool:
    return bool(one == other) or (one != one and other != other)  # NaN is not equal to itself


def row_difference(table: Table, pair: Pair) -> RowDifference:
    names = [column.name for column in table.outputs]
    before, after = (None if row is None else dict(zip(names, row, strict=True)) for row in pair)
    known = before or after or {}
    return RowDifference({name: known[name] for name in table.key}, before, after)


def place(table: Table, pair: Pair) -> tuple[tuple[bool, Any], ...]:
    """Where a pair stands in the order of the key, nulls first."""
    names = [column.name for column in table.outputs]
    row = next(row for row in pair if row is not None)
    values = [row[names.index(name)] for name in table.key]
    return tuple((value is not None, value) for value in values)
