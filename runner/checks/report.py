"""Results for other programs: JSON, JUnit's XML, and GitHub's annotations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from runner.checks.results import CheckResult, Status
from runner.checks.rules import RuleKind
from runner.checks.sentences import sentence_of
from runner.engines.base import Column, Result
from runner.report import junit
from runner.report.junit import JUnitCase, file_name
from runner.sqltyping.types import INTEGER, TEXT

_SHOWN_ROWS = 3


def result_of(result: CheckResult, root: Path) -> dict[str, Any]:
    """One result as JSON holds it; decimals and times are text."""
    rule = result.rule
    kind = rule.arguments["expectation"] if rule.kind is RuleKind.EXPECTATION else rule.kind.value
    rows = result.rows
    return {
        "name": rule.name,
        "suite": rule.suite,
        "table": rule.table,
        "rule": kind,
        "columns": list(rule.columns),
        "severity": rule.severity.value,
        "status": result.status.value,
        "failures": None if result.error else result.failures,
        "error": None if result.error is None else result.error.why,
        "considered": result.considered,
        "share": None if result.share is None else f"{result.share:.6f}",
        "mostly": None if rule.mostly is None else str(rule.mostly),
        "seconds": round(result.seconds, 6),
        "repeated": result.repeated,
        "declared_at": {"file": file_name(rule.where.path, root), "line": rule.where.line},
        "description": rule.description.strip(),
        "sentence": sentence_of(rule),
        "owner": rule.owner,
        "tags": list(rule.tags),
        "failing_sql": result.failing_sql,
        "failing_rows": None
        if rows is None
        else [dict(zip(rows.columns, map(_plain, row), strict=True)) for row in rows.rows],
    }


def as_json(results: Iterable[CheckResult], root: Path) -> str:
    return json.dumps([result_of(r, root) for r in results], indent=2) + "\n"


def as_junit(results: Iterable[CheckResult], root: Path) -> str:
    """A test suite a suite, a test case a check; warnings are cases with their text as output."""
    return junit.as_junit(
        [
            JUnitCase(
                suite=r.rule.suite,
                classname=f"{r.rule.suite}.{r.rule.table or 'sql'}",
                name=r.rule.name,
                where=r.rule.where,
                seconds=r.seconds,
                message=r.sentence,
                failure=_story(r) if r.status is Status.FAIL else None,
                error=_story(r) if r.status is Status.ERROR else None,
                output=_story(r) if r.status is Status.WARN else None,
            )
            for r in results
        ],
        root,
    )


def as_github(results: Iterable[CheckResult], root: Path) -> str:
    """A workflow command for each check that did not pass: an annotation where it is declared."""
    lines = []
    for result in results:
        if result.status is Status.PASS:
            continue
        level = "warning" if result.status is Status.WARN else "error"
        where = result.rule.where
        place = f"file={_property(file_name(where.path, root))},line={where.line or 1}"
        title = _property(result.rule.name)
        lines.append(f"::{level} {place},title={title}::{_message(_story(result))}")
    return "".join(f"{line}\n" for line in lines)


def as_table(results: Iterable[CheckResult], root: Path) -> Result:
    """Those that did not pass, worst first, as a table."""
    columns = ("status", "check_name", "suite", "table_name", "failures", "share", "declared_at")
    order = (Status.ERROR, Status.FAIL, Status.WARN)
    shown = sorted(
        (r for r in results if r.status is not Status.PASS), key=lambda r: order.index(r.status)
    )
    rows = [
        (
            r.status.value,
            r.rule.name,
            r.rule.suite,
            r.rule.table,
            None if r.error else r.failures,
            None if r.share is None else f"{r.share:.2%}",
            f"{file_name(r.rule.where.path, root)}:{r.rule.where.line or 1}",
        )
        for r in shown
    ]
    types = {"failures": INTEGER}
    return Result(tuple(Column(name, types.get(name, TEXT)) for name in columns), iter(rows))


WRITERS: Mapping[str, Callable[[Sequence[CheckResult], Path], str]] = {
    "json": as_json,
    "junit": as_junit,
    "github": as_github,
}


def write_results(folder: Path, results: Iterable[CheckResult], root: Path, run_id: str) -> Path:
    """Write check_results.json in the folder; where it is."""
    from runner.build.artifacts import write_json

    body = {"run_id": run_id, "results": [result_of(r, root) for r in results]}
    path = folder / "check_results.json"
    write_json(path, body, "the checks were run")
    return path


def _story(result: CheckResult) -> str:
    if result.error is not None:
        return f"{result.sentence}\n{result.error.why or ''}".rstrip()
    lines = [result.sentence]
    if result.share is not None:
        lines[0] += f" of {result.considered:,} ({result.share:.2%})"
    if result.rows is not None:
        for row in result.rows.rows[:_SHOWN_ROWS]:
            pairs = zip(result.rows.columns, map(_plain, row), strict=True)
            lines.append(", ".join(f"{name}={value}" for name, value in pairs if value is not None))
    return "\n".join([*lines, "all of them:", result.failing_sql])


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
