"""Rows that differ, as people read them: aligned, the most alike under each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from runner.report.write import text
from runner.unit_tests.results import Row, UnitTestResult

_Line = tuple[str, Sequence[str]]


def difference(result: UnitTestResult) -> list[str]:
    """`-` a row that is missing, `+` one that was not expected, `?` where the two differ.

    Columns that are null in all of them are left out.
    """
    lines: list[_Line] = [(" ", result.columns)]
    for missing, unexpected in _paired(result.missing, result.unexpected):
        if missing is not None:
            lines.append(("-", _cells(missing)))
        if unexpected is not None:
            lines.append(("+", _cells(unexpected)))
        if missing is not None and unexpected is not None:
            lines.append(("?", _marks(_cells(missing), _cells(unexpected))))
    rows = (*result.missing, *result.unexpected)
    told = [i for i in range(len(result.columns)) if any(row[i] is not None for row in rows)]
    widths = {i: max(len(cells[i]) for _, cells in lines) for i in told}
    return [
        f"{mark} {'  '.join(cells[i].ljust(widths[i]) for i in told)}".rstrip()
        for mark, cells in lines
    ]


def _paired(
    missing: Sequence[Row], unexpected: Sequence[Row]
) -> Iterator[tuple[Row | None, Row | None]]:
    """Each missing row with the unexpected one that has most of its values, then what is left."""
    left = list(unexpected)
    for row in missing:
        alike = max(left, key=lambda other: _likeness(row, other), default=None)
        if alike is not None and _likeness(row, alike):
            left.remove(alike)
            yield row, alike
        else:
            yield row, None
    for other in left:
        yield None, other


def _likeness(row: Row, other: Row) -> int:
    return sum(one == two for one, two in zip(row, other, strict=True))


def _cells(row: Row) -> list[str]:
    return [_cell(value) for value in row]


def _cell(value: Any) -> str:
    return "null" if value is None else repr(value) if value == "" else text(value)


def _marks(one: Sequence[str], two: Sequence[str]) -> list[str]:
    return ["^" * max(len(a), len(b)) if a != b else "" for a, b in zip(one, two, strict=True)]
