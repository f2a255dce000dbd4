"""target/manifest.json and target/run_results.json, in dbt's shape, for tools that read those."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runner import __version__
from runner.build.plan import Action
from runner.build.report import BuildResult
from runner.checks.compile import CompiledRule
from runner.checks.results import Status
from runner.compile.compiled import Compiled
from runner.graph.dag import Dag
from runner.project.nodes import Project

_MANIFEST_SCHEMA = "https://schemas.getdbt.com/dbt/manifest/v12.json"
_RESULTS_SCHEMA = "https://schemas.getdbt.com/dbt/run-results/v6.json"


def write_manifest(
    folder: Path,
    project: Project,
    models: Mapping[str, Compiled],
    rules: Iterable[CompiledRule],
    dag: Dag,
    engine: str,
) -> None:
    nodes: dict[str, Any] = {}
    for compiled in models.values():
        nodes[compiled.unique_id] = _model(compiled, project)
    for seed in project.seeds.values():
        nodes[seed.unique_id] = {
            **_common(seed.unique_id, seed.name, "seed", seed.fqn, seed.path, project),
            "config": {"materialized": "seed", **seed.config},
            "depends_on": {"nodes": [], "macros": []},
            "checksum": checksum(seed.path.read_text(encoding="utf-8")),
            "description": seed.properties.description,
            "columns": {
                c.name: {"name": c.name, "description": c.description, "data_type": c.data_type}
                for c in seed.properties.columns
            },
        }
    for rule in rules:
        unique_id = test_id(project, rule)
        where = rule.rule.where.path
        nodes[unique_id] = {
            **_common(unique_id, rule.rule.name, "test", (project.name,), where, project),
            "config": {
                "severity": rule.rule.severity.value,
                "enabled": True,
                "materialized": "test",
            },
            "depends_on": {"nodes": list(rule.reads), "macros": []},
            "column_name": rule.rule.columns[0] if len(rule.rule.columns) == 1 else None,
            "test_metadata": {"name": rule.rule.kind.value, "kwargs": {}},
            "compiled_code": rule.failing,
            "description": rule.rule.description,
        }
    sources = {
        source.unique_id: {
            "unique_id": source.unique_id,
            "name": source.name,
            "source_name": source.source_name,
            "resource_type": "source",
            "identifier": source.identifier,
            "schema": "main",
            "relation_name": source.identifier,
            "package_name": project.name,
            "description": source.properties.description,
            "fqn": [project.name, source.source_name, source.name],
            "columns": {
                c.name: {"name": c.name, "description": c.description}
                for c in source.properties.columns
            },
        }
        for source in project.sources.values()
    }
    parents = {k: sorted(v) for k, v in dag.parents.items()}
    for rule in nodes.values():
        if rule["resource_type"] == "test":
            parents[rule["unique_id"]] = sorted(rule["depends_on"]["nodes"])
    children: dict[str, list[str]] = {k: [] for k in parents}
    for node, ids in parents.items():
        for parent in ids:
            children.setdefault(parent, []).append(node)
    _write(
        folder / "manifest.json",
        {
            "metadata": {
                **_metadata(_MANIFEST_SCHEMA),
                "project_name": project.name,
                "adapter_type": engine,
            },
            "nodes": nodes,
            "sources": sources,
            "macros": {},
            "docs": {},
            "exposures": {},
            "metrics": {},
            "groups": {},
            "selectors": {},
            "disabled": {},
            "parent_map": parents,
            "child_map": children,
        },
    )


def write_run_results(folder: Path, project: Project, result: BuildResult) -> None:
    rows: list[dict[str, Any]] = []
    for done in result.steps:
        status = (
            "error" if done.error else "skipped" if done.step.action is Action.SKIP else "success"
        )
        rows.append(_result(done.step.unique_id, status, done.seconds, done.error, None, done.rows))
    fingerprints = {c.rule.rule.name: c.rule for c in result.plan.checks}
    for check in result.checks:
        status = {Status.PASS: "pass", Status.WARN: "warn", Status.FAIL: "fail"}[check.status]
        message = None if check.status is Status.PASS else check.sentence
        unique_id = test_id(project, fingerprints[check.rule.name])
        rows.append(_result(unique_id, status, check.seconds, message, check.failures, None))
    _write(
        folder / "run_results.json",
        {
            "metadata": {**_metadata(_RESULTS_SCHEMA), "invocation_id": result.run_id},
            "results": rows,
            "elapsed_time": result.seconds,
            "args": {"which": "build", "published": result.published},
        },
    )


def write_compiled(folder: Path, project: Project, models: Iterable[Compiled]) -> None:
    for compiled in models:
        path = folder / "compiled" / project.name / _inside(compiled.model.path, project)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(compiled.sql + "\n", encoding="utf-8")


def test_id(project: Project, rule: CompiledRule) -> str:
    short = hashlib.sha256(f"{rule.rule.where}{rule.rule.name}".encode()).hexdigest()[:10]
    return f"test.{project.name}.{rule.rule.name}.{short}"


def _model(compiled: Compiled, project: Project) -> dict[str, Any]:
    model = compiled.model
    return {
        **_common(compiled.unique_id, model.name, "model", model.fqn, model.path, project),
        "config": dict(compiled.config),
        "tags": list(compiled.tags),
        "depends_on": {"nodes": list(compiled.depends_on), "macros": []},
        "raw_code": model.raw_sql,
        "compiled": True,
        "compiled_code": compiled.sql,
        "checksum": checksum(model.raw_sql),
        "description": compiled.description,
        "relation_name": None if compiled.materialized == "ephemeral" else model.name,
        "columns": {
            c.name: {"name": c.name, "description": c.description, "data_type": c.data_type}
            for c in compiled.columns
        },
        "language": "sql",
    }


def _common(
    unique_id: str, name: str, kind: str, fqn: tuple[str, ...], path: Path, project: Project
) -> dict[str, Any]:
    inside = _inside(path, project)
    return {
        "unique_id": unique_id,
        "name": name,
        "resource_type": kind,
        "fqn": list(fqn),
        "package_name": project.name,
        "path": str(inside),
        "original_file_path": str(inside),
        "database": None,
        "schema": "main",
        "alias": name,
        "tags": [],
    }


def _inside(path: Path, project: Project) -> Path:
    return path.relative_to(project.root) if path.is_relative_to(project.root) else Path(path.name)


def checksum(text: str) -> dict[str, str]:
    return {"name": "sha256", "checksum": hashlib.sha256(text.strip().encode()).hexdigest()}


def _metadata(schema: str) -> dict[str, Any]:
    return {
        "dbt_schema_version": schema,
        "generated_by": f"sot-runner {__version__}",
        "generated_at": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "env": {},
    }


def _result(
    unique_id: str,
    status: str,
    seconds: float,
    message: str | None,
    failures: int | None,
    rows: int | None,
) -> dict[str, Any]:
    return {
        "status": status,
        "unique_id": unique_id,
        "execution_time": round(seconds, 6),
        "thread_id": "main",
        "timing": [],
        "message": message,
        "failures": failures,
        "adapter_response": {} if rows is None else {"rows_affected": rows},
    }


def _write(path: Path, body: Mapping[str, Any]) -> None:
    """Whole or not at all: a reader never meets half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.write_text(json.dumps(body, default=str), encoding="utf-8")
    partial.replace(path)
