"""Results of unit tests for other programs: JSON, JUnit's XML, and a table of those that failed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from runner.engines.base import Column, Result
from runner.money import plain
from runner.report import junit
from runner.report.junit import JUnitCase, file_name
from runner.report.write import json_value
from runner.sqltyping.types import INTEGER, TEXT
from runner.unit_tests.difference import difference
from runner.unit_tests.results import Row, UnitTestResult


def as_json(results: Iterable[UnitTestResult], root: Path) -> str:
    """Decimals and times are text."""
    return json.dumps([_record(r, root) for r in results], indent=2) + "\n"


def _record(result: UnitTestResult, root: Path) -> dict[str, Any]:
    def records(rows: Sequence[Row]) -> list[dict[str, Any]]:
        return [dict(zip(result.columns, map(_json, row), strict=True)) for row in rows]

    test = result.test
    return {
        "name": test.name,
        "model": test.model,
        "status": _status(result),
        "expected": result.expected_count,
        "found": result.found_count,
        "missing": records(result.missing),
        "unexpected": records(result.unexpected),
        "seconds": round(result.seconds, 6),
        "declared_at": {"file": file_name(test.where.path, root), "line": test.where.line},
        "description": test.description.strip(),
        "tags": list(test.tags),
    }


def _json(value: Any) -> Any:
    # the same number looks the same, expected or found
    return plain(value) if isinstance(value, Decimal) else json_value(value)


def as_junit(results: Iterable[UnitTestResult], root: Path) -> str:
    """A test suite a model."""
    return junit.as_junit(
        [
            JUnitCase(
                suite=r.test.model,
                classname=f"unit_tests.{r.test.model}",
                name=r.test.name,
                where=r.test.where,
                seconds=r.seconds,
                message=r.sentence,
                failure=None if r.has_passed else "\n".join([r.sentence, *difference(r)]),
            )
            for r in results
        ],
        root,
    )


def as_table(results: Iterable[UnitTestResult], root: Path) -> Result:
    """Those that failed."""
    columns = ("status", "test_name", "model", "missing", "unexpected", "declared_at")
    types = {"missing": INTEGER, "unexpected": INTEGER}
    rows = [
        (
            _status(r),
            r.test.name,
            r.test.model,
            len(r.missing),
            len(r.unexpected),
            f"{file_name(r.test.where.path, root)}:{r.test.where.line}",
        )
        for r in results
        if not r.has_passed
    ]
    return Result(tuple(Column(name, types.get(name, TEXT)) for name in columns), iter(rows))


WRITERS: Mapping[str, Callable[[Iterable[UnitTestResult], Path], str]] = {
    "json": as_json,
    "junit": as_junit,
}


def _status(result: UnitTestResult) -> str:
    return "pass" if result.has_passed else "fail"
