"""target/manifest.json in dbt's shape (manifest v12), for tools that read that.

dbt's readers refuse keys that they do not know, so every node has the keys of its kind alone; what
only this runner has to say stands in `metadata.env`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from runner import __version__
from runner.build.artifacts import checksum, inside, metadata, test_id, write_json
from runner.checks.compiled_rule import CompiledRule
from runner.checks.rules import RuleKind
from runner.compile.compiled import Compiled
from runner.graph.dag import Dag
from runner.project.nodes import ColumnSpec, Project, Properties, Seed, Source
from runner.project.text_file import read_text

_SCHEMA = "https://schemas.getdbt.com/dbt/manifest/v12.json"
_RUNNER_VERSION = "runner_version"
_MACRO = re.compile(r"{%-?\s*macro\s+(\w+).*?{%-?\s*endmacro\s*-?%}", re.S)
_TEST = re.compile(r"{%-?\s*(?:data_)?test\s+(\w+)\s*\(.*?{%-?\s*end(?:data_)?test\s*-?%}", re.S)
_JINJA = re.compile(r"{[{%].*?[}%]}", re.S)
_CALL = re.compile(r"(\w+)['\"]?\s*\)?\s*\(")  # m(…), and adapter.dispatch('m')(…)


def write_manifest(
    folder: Path,
    project: Project,
    models: Mapping[str, Compiled],
    rules: Iterable[CompiledRule],
    dag: Dag,
    engine: str,
    run_id: str,
) -> None:
    macros = _macros(project)
    nodes: dict[str, dict[str, Any]] = {}
    for compiled in models.values():
        nodes[compiled.unique_id] = _model(compiled, project, macros)
    for seed in project.seeds.values():
        nodes[seed.unique_id] = _seed(seed, project)
    for rule in rules:
        node = _test(rule, project, macros)
        nodes[node["unique_id"]] = node
    parents = {k: sorted(v) for k, v in dag.parents.items()}
    for unique_id, node in nodes.items():
        if node["resource_type"] == "test":
            parents[unique_id] = sorted(node["depends_on"]["nodes"])
    children: dict[str, list[str]] = {k: [] for k in parents}
    for unique_id, ids in parents.items():
        for parent in ids:
            children.setdefault(parent, []).append(unique_id)
    write_json(
        folder / "manifest.json",
        {
            "metadata": {
                **metadata(_SCHEMA, run_id),
                "env": {_RUNNER_VERSION: __version__},
                "project_name": project.name,
                "adapter_type": engine,
            },
            "nodes": nodes,
            "sources": {s.unique_id: _source(s, project) for s in project.sources.values()},
            "macros": macros,
            "docs": _docs(project),
            "exposures": {},
            "metrics": {},
            "groups": {},
            "selectors": {},
            "disabled": {},
            "parent_map": parents,
            "child_map": children,
            "group_map": {},
            "saved_queries": {},
            "semantic_models": {},
            "unit_tests": {},
        },
    )


def is_ours(manifest: Mapping[str, Any]) -> bool:
    """Whether this runner wrote the manifest, and not dbt itself."""
    return _RUNNER_VERSION in (manifest["metadata"].get("env") or {})


def _model(
    compiled: Compiled, project: Project, macros: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    model = compiled.model
    contract = {"enforced": compiled.has_contract, "alias_types": True}
    config = {**compiled.config, "contract": contract}
    if compiled.materialized == "incremental" and compiled.has_contract:
        # what a contract comes to here, and dbt refuses to read its own default
        config.setdefault("on_schema_change", "fail")
    return {
        **_common(compiled.unique_id, model.name, "model", model.fqn, model.path, project),
        **_described(compiled.description, model.properties, compiled.columns, project),
        **_read(compiled.depends_on, project),
        "config": config,
        "contract": contract,
        "tags": list(compiled.tags),
        "depends_on": {
            "nodes": list(compiled.depends_on),
            "macros": _called(model.raw_sql, project, macros),
        },
        "raw_code": model.raw_sql,
        "compiled": True,
        "compiled_code": compiled.sql,
        "checksum": checksum(model.raw_sql),
        "relation_name": None if compiled.materialized == "ephemeral" else model.name,
        "language": "sql",
    }


def _seed(seed: Seed, project: Project) -> dict[str, Any]:
    properties = seed.properties
    return {
        **_common(seed.unique_id, seed.name, "seed", seed.fqn, seed.path, project),
        **_described(properties.description, properties, properties.columns, project),
        "config": {"materialized": "seed", **seed.config},
        "depends_on": {"macros": []},
        "checksum": checksum(read_text(seed.path)),
        "relation_name": seed.name,
    }


def _test(
    compiled: CompiledRule, project: Project, macros: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    rule = compiled.rule
    path = rule.where.path
    fqn = (project.name, *inside(path, project.root).with_suffix("").parts[1:], rule.name)
    source = str(rule.arguments.get("sql", ""))
    node = {
        **_common(test_id(project, compiled), rule.name, "test", fqn, path, project),
        **_read(compiled.reads, project),
        "config": {
            "materialized": "test",
            "enabled": True,
            "severity": rule.severity.value,
            "where": rule.filter,
            "error_if": f"{rule.error_if.comparison} {rule.error_if.bound}",
            "warn_if": f"{rule.warn_if.comparison} {rule.warn_if.bound}",
            "tags": list(rule.tags),
        },
        "tags": list(rule.tags),
        "depends_on": {
            "nodes": list(compiled.reads),
            "macros": _called(source, project, macros),
        },
        "description": rule.description,
        "raw_code": source,
        "compiled": True,
        "compiled_code": compiled.failing,
        "checksum": {"name": "none", "checksum": ""},
        "language": "sql",
    }
    if rule.kind is not RuleKind.SQL:
        given: Mapping[str, Any] = rule.arguments.get("arguments", rule.arguments)
        node |= {
            "column_name": rule.columns[0] if len(rule.columns) == 1 else None,
            "attached_node": compiled.reads[0],
            "test_metadata": {
                "name": str(rule.arguments.get("test", rule.kind.value)),
                "kwargs": {"columns": list(rule.columns), "model": rule.table, **given},
            },
        }
    return node


def _source(source: Source, project: Project) -> dict[str, Any]:
    where = source.properties.where
    path = str(inside(where.path, project.root)) if where else ""
    return {
        "unique_id": source.unique_id,
        "name": source.name,
        "source_name": source.source_name,
        "source_description": source.source_description,
        "loader": source.loader,
        "resource_type": "source",
        "identifier": source.identifier,
        "database": None,
        "schema": "main",
        "relation_name": source.identifier,
        "package_name": project.name,
        "path": path,
        "original_file_path": path,
        "description": source.properties.description,
        "fqn": [project.name, source.source_name, source.name],
        "columns": _columns(source.properties.columns),
    }


def _macros(project: Project) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in project.macro_files:
        text = read_text(path)
        named = [(m.group(1), m.group(0)) for m in _MACRO.finditer(text)]
        named += [(f"test_{m.group(1)}", m.group(0)) for m in _TEST.finditer(text)]
        place = str(inside(path, project.root))
        for name, sql in named:
            unique_id = f"macro.{project.name}.{name}"
            found[unique_id] = {
                "unique_id": unique_id,
                "name": name,
                "resource_type": "macro",
                "package_name": project.name,
                "path": place,
                "original_file_path": place,
                "macro_sql": sql,
                "depends_on": {"macros": []},
            }
    for unique_id, macro in found.items():
        called = _called(macro["macro_sql"], project, found)
        macro["depends_on"]["macros"] = [c for c in called if c != unique_id]
    return found


def _called(sql: str, project: Project, macros: Mapping[str, dict[str, Any]]) -> list[str]:
    """The project's macros that a file's Jinja calls by name."""
    names = {name for jinja in _JINJA.findall(sql) for name in _CALL.findall(jinja)}
    return sorted({f"macro.{project.name}.{name}" for name in names} & macros.keys())


def _docs(project: Project) -> dict[str, dict[str, Any]]:
    found = {}
    for name, block in project.docs.items():
        place = str(inside(block.path, project.root))
        unique_id = f"doc.{project.name}.{name}"
        found[unique_id] = {
            "unique_id": unique_id,
            "name": name,
            "resource_type": "doc",
            "package_name": project.name,
            "path": place,
            "original_file_path": place,
            "block_contents": block.text,
        }
    return found


def _common(
    unique_id: str, name: str, kind: str, fqn: tuple[str, ...], path: Path, project: Project
) -> dict[str, Any]:
    original = inside(path, project.root)
    parts = original.parts
    return {
        "unique_id": unique_id,
        "name": name,
        "resource_type": kind,
        "fqn": list(fqn),
        "package_name": project.name,
        "path": str(Path(*parts[1:])) if len(parts) > 1 else str(original),
        "original_file_path": str(original),
        "database": None,
        "schema": "main",
        "alias": name,
        "tags": [],
    }


def _described(
    description: str, properties: Properties, columns: Iterable[ColumnSpec], project: Project
) -> dict[str, Any]:
    where = properties.where
    patch = f"{project.name}://{inside(where.path, project.root)}" if where else None
    return {"description": description, "columns": _columns(columns), "patch_path": patch}


def _columns(columns: Iterable[ColumnSpec]) -> dict[str, dict[str, Any]]:
    return {
        c.name: {
            "name": c.name,
            "description": c.description,
            "data_type": c.data_type,
            "tags": list(c.tags),
        }
        for c in columns
    }


def _read(depends_on: Iterable[str], project: Project) -> dict[str, Any]:
    """What `ref` and `source` were called with, told from the ids they gave."""
    refs: list[dict[str, Any]] = []
    sources: list[list[str]] = []
    for unique_id in depends_on:
        kind, _, rest = unique_id.partition(".")
        if kind == "source":
            sources.append(rest.removeprefix(f"{project.name}.").split(".", 1))
        else:
            name = rest.rpartition(".")[2]
            refs.append({"name": name, "package": None, "version": None})
    return {"refs": refs, "sources": sources}
