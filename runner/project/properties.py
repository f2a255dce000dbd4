"""Schema YAML: what it says of models, seeds and sources, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from runner.checks.dbt_tests import tests_beside
from runner.checks.rules import Rule
from runner.errors import Location, ProjectError
from runner.project.nodes import ColumnSpec, Properties, Source
from runner.project.yaml_file import LineMap, read_yaml

_AS_RULES = {
    "not_null": ("not_null",),
    "unique": ("unique",),
    "primary_key": ("not_null", "unique"),
}


@dataclass
class SchemaFiles:
    """All schema YAML of a project, read together."""

    models: dict[str, Properties] = field(default_factory=dict)
    seeds: dict[str, Properties] = field(default_factory=dict)
    sources: dict[tuple[str, str], Source] = field(default_factory=dict)


def read_schema_files(paths: list[Path], package: str) -> SchemaFiles:
    found = SchemaFiles()
    for path in paths:
        body = read_yaml(path)
        _collect(found.models, body, "models", path)
        _collect(found.seeds, body, "seeds", path)
        for source in _entries(body, "sources", path):
            _collect_source(found, source, path, package)
    return found


def _collect(into: dict[str, Properties], body: LineMap, key: str, path: Path) -> None:
    for entry in _entries(body, key, path):
        name = _name(entry, path)
        if name in into:
            raise ProjectError(
                "R222",
                f"'{name}' is described twice",
                where=Location(path, entry.line),
                why=f"it also stands in {into[name].where}",
                mend="keep one of the two",
            )
        into[name] = _properties(entry, name, path)


def _collect_source(found: SchemaFiles, source: LineMap, path: Path, package: str) -> None:
    source_name = _name(source, path)
    for table in _entries(source, "tables", path):
        name = _name(table, path)
        identifier = str(table.get("identifier") or name)
        found.sources[source_name, name] = Source(
            source_name,
            name,
            identifier,
            package,
            _properties(table, name, path),
            str(source.get("description") or ""),
            str(table.get("loader") or source.get("loader") or ""),
        )


def _entries(body: LineMap, key: str, path: Path) -> Iterator[LineMap]:
    value = body.get(key)
    if value is None:
        return
    if not isinstance(value, list) or not all(isinstance(v, LineMap) for v in value):
        raise ProjectError(
            "R223",
            f"'{key}' in {path.name} is not a list of mappings",
            where=Location(path, body.line_of(key)),
            mend=f"write\n           {key}:\n             - name: …",
        )
    yield from value


def _name(entry: LineMap, path: Path) -> str:
    if not isinstance(entry.get("name"), str):
        raise ProjectError(
            "R223", "an entry has no name", where=Location(path, entry.line), mend="add 'name: …'"
        )
    return str(entry["name"])


def _properties(entry: LineMap, name: str, path: Path) -> Properties:
    rules: list[Rule] = []
    rules += tests_beside(_tests(entry, path), name, None, path, entry.line)
    promised = [*tests_beside(_constraints(entry, path), name, None, path, entry.line)]
    columns = []
    for column in _entries(entry, "columns", path):
        column_name = _name(column, path)
        rules += tests_beside(_tests(column, path), name, column_name, path, column.line)
        promised += tests_beside(_constraints(column, path), name, column_name, path, column.line)
        columns.append(
            ColumnSpec(
                column_name,
                str(column.get("description") or ""),
                column.get("data_type"),
                tuple(_listed(column.get("tags"))),
            )
        )
    settings = entry.get("config") or {}
    if not isinstance(settings, Mapping):
        raise ProjectError(
            "R223",
            f"the config of '{name}' is {settings!r}, not keys and values",
            where=Location(path, entry.line_of("config")),
            mend="write config: {materialized: table}",
        )
    config: dict[str, Any] = dict(settings)
    for key in ("tags", "materialized"):  # dbt also takes these beside the name
        if key in entry:
            config.setdefault(key, entry[key])
    return Properties(
        str(entry.get("description") or ""),
        tuple(columns),
        config,
        (*rules, *_beside(rules, promised)),
        Location(path, entry.line),
    )


def _tests(entry: LineMap, path: Path) -> list[Any]:
    return [test for key in ("tests", "data_tests") for test in _list(entry, key, path)]


def _list(entry: LineMap, key: str, path: Path) -> list[Any]:
    value = entry.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ProjectError(
            "R223",
            f"'{key}' is {value!r}, not a list",
            where=Location(path, entry.line_of(key)),
            mend=f"write '{key}:' and below it one '- …' for each",
        )
    return value


def _beside(tests: list[Rule], promised: list[Rule]) -> Iterator[Rule]:
    """The rules of constraints that no test says already; those it says more mildly, by a name."""
    said = {rule.name: rule for rule in tests}
    for rule in {rule.name: rule for rule in promised}.values():
        same = said.get(rule.name)
        if same is None:
            yield rule
        elif (same.judgement, same.filter) != (rule.judgement, rule.filter):
            yield replace(rule, name=f"constraint_{rule.name}")


def _constraints(entry: LineMap, path: Path) -> list[Any]:
    """A contract's constraints on a column or a model, as the rules that prove them."""
    rules: list[Any] = []
    for constraint in _entries(entry, "constraints", path):
        kind = str(constraint.get("type"))
        about = constraint.get("columns")
        for test in _AS_RULES.get(kind, ()):
            rules.append(test if about is None else _rule(test, {"columns": about}, constraint))
        if kind == "check":
            if not constraint.get("expression"):
                raise ProjectError(
                    "R223",
                    "a constraint of type check has no expression",
                    where=Location(path, constraint.line),
                    mend="add expression: and what must be true of each row",
                )
            told = {"expression": str(constraint["expression"])}
            if constraint.get("name"):
                told["name"] = str(constraint["name"])
            rules.append(_rule("expression", told, constraint))
    return rules


def _rule(test: str, arguments: dict[str, Any], at: LineMap) -> LineMap:
    made = LineMap({test: arguments})
    made.line, made.lines = at.line, {}
    return made


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [str(v) for v in value]
