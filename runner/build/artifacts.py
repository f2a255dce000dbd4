"""target/run_results.json in dbt's shape (run-results v6), and target/compiled."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from runner.build.plan import Action
from runner.build.report import BuildResult
from runner.checks.compiled_rule import CompiledRule
from runner.checks.results import Status
from runner.compile.compiled import Compiled
from runner.errors import DiskFull, EngineError, Location
from runner.project.nodes import Project

_SCHEMA = "https://schemas.getdbt.com/dbt/run-results/v6.json"


def write_run_results(folder: Path, project: Project, result: BuildResult) -> None:
    rows: list[dict[str, Any]] = []
    for done in result.steps:
        status = (
            "error" if done.error else "skipped" if done.step.action is Action.SKIP else "success"
        )
        compiled = done.step.compiled
        rows.append(
            {
                **_result(done.step.unique_id, status, done.seconds, done.error, None),
                "adapter_response": {} if done.rows is None else {"rows_affected": done.rows},
                "compiled": True if compiled else None,
                "compiled_code": compiled.sql if compiled else None,
                "relation_name": None if done.step.action is Action.INLINE else done.step.name,
            }
        )
    outcome = "nothing was published"
    if result.published:
        changed = result.plan.has_work
        outcome = "the build was published" if changed else "the database was up to date"
    fingerprints = {c.rule.rule.name: c.rule for c in result.plan.checks}
    for check in result.checks:
        status = {Status.PASS: "pass", Status.WARN: "warn", Status.FAIL: "fail"}[check.status]
        message = None if check.status is Status.PASS else check.sentence
        unique_id = test_id(project, fingerprints[check.rule.name])
        rows.append(
            {
                **_result(unique_id, status, check.seconds, message, check.failures),
                "adapter_response": {},
                "compiled": True,
                "compiled_code": check.failing_sql,
                "relation_name": None,
            }
        )
    write_json(
        folder / "run_results.json",
        {
            "metadata": metadata(_SCHEMA, result.run_id),
            "results": rows,
            "elapsed_time": result.seconds,
            "args": {"which": "build", "published": result.published},
        },
        outcome,
    )


def write_compiled(folder: Path, project: Project, models: Iterable[Compiled]) -> None:
    for compiled in models:
        path = folder / "compiled" / project.name / inside(compiled.model.path, project.root)
        _write(path, compiled.sql + "\n")


def test_id(project: Project, rule: CompiledRule) -> str:
    where = rule.rule.where
    place = f"{inside(where.path, project.root).as_posix()}:{where.line}"
    short = hashlib.sha256(f"{place}{rule.rule.name}".encode()).hexdigest()[:10]
    return f"test.{project.name}.{rule.rule.name}.{short}"


@cache
def inside(path: Path, root: Path) -> Path:
    """The path as seen from the project's folder; the bare name of a file outside it."""
    return path.relative_to(root) if path.is_relative_to(root) else Path(path.name)


def checksum(text: str) -> dict[str, str]:
    return {"name": "sha256", "checksum": hashlib.sha256(text.strip().encode()).hexdigest()}


def metadata(schema: str, run_id: str) -> dict[str, Any]:
    return {
        "dbt_schema_version": schema,
        "invocation_id": run_id,
        "generated_at": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "env": {},
    }


def _result(
    unique_id: str,
    status: str,
    seconds: float,
    message: str | None,
    failures: int | None,
) -> dict[str, Any]:
    return {
        "status": status,
        "unique_id": unique_id,
        "execution_time": round(seconds, 6),
        "thread_id": "main",
        "timing": [],
        "message": message,
        "failures": failures,
    }


def write_json(path: Path, body: Mapping[str, Any], outcome: str = "nothing was published") -> None:
    """As `_write`, of JSON."""
    _write(path, json.dumps(body, default=str), outcome)


def _write(path: Path, text: str, outcome: str = "nothing was published") -> None:
    """Whole or not at all: a reader never meets half a file.

    EngineError says which file could not be written, and `outcome`: what the build came to.
    """
    partial = path.with_suffix(f".{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise (DiskFull if full else EngineError)(
            "R304" if full else "R306",
            f"{path.name} could not be written; {outcome}",
            where=Location(path),
            why=error.strerror or str(error),
            mend="free some space" if full else "check the path and its permissions",
        ) from error
