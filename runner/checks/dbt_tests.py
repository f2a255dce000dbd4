"""Read dbt's tests: those beside a model or its columns, and the queries of tests/."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runner.checks.rules import (
    Rule,
    RuleKind,
    bad_rule,
    condition_of,
    severity_of,
    threshold_of,
)
from runner.checks.suites import arguments_of, default_name
from runner.errors import Location
from runner.project.yaml_file import LineMap

_BUILT_IN = {"unique", "not_null", "accepted_values", "relationships", "expression", "row_count"}
# what dbt takes for a test's config, under `config:` or beside its arguments
_CONFIG = (
    "severity", "where", "enabled", "error_if", "warn_if", "tags", "limit", "fail_calc", "meta",
    "store_failures", "store_failures_as", "alias", "schema", "database", "group",
)  # fmt: skip
_CONFIG_CALL = re.compile(r"{{-?\s*config\s*\((.*?)\)\s*-?}}", re.S)
_COMMENT = re.compile(r"{#.*?#}", re.S)
_SETTING = re.compile(r"(\w+)\s*=\s*(?:'([^']*)'|\"([^\"]*)\"|([^,\s)]+))")


def tests_beside(
    entries: Any, table: str, column: str | None, path: Path, line: int
) -> Iterator[Rule]:
    """dbt's `tests:` or `data_tests:` of a model (`column` None) or of one of its columns."""
    for entry in entries or []:
        rule = _dbt_test(entry, table, column, path, line)
        if rule is not None:
            yield rule


def _dbt_test(entry: Any, table: str, column: str | None, path: Path, line: int) -> Rule | None:
    """The test's rule; None where it is disabled."""
    body: dict[str, Any] = {}
    if isinstance(entry, LineMap):
        line = entry.line
        body = dict(entry)
        if "test_name" in body:  # the long form: {name: …, test_name: unique, …}
            test = body.pop("test_name")
        else:
            kinds = [k for k in body if k not in ("name", "description", "config", *_CONFIG)]
            if not kinds:
                raise bad_rule(
                    Location(path, line),
                    f"a test of {table} does not say which",
                    "begin it with the test's name: '- unique:'",
                )
            test = kinds[0]
            inner = body.pop(test) or {}
            body = {**body, **inner} if isinstance(inner, Mapping) else {**body, "columns": inner}
    else:
        test = str(entry)
    where = Location(path, line)
    settings = body.pop("config", None) or {}
    if not isinstance(settings, Mapping):
        raise bad_rule(
            where, f"the config of {test} is {settings!r}", "write config: {severity: warn}"
        )
    arguments = {**(body.pop("arguments", None) or {}), **body}
    config = {**settings, **{k: arguments.pop(k) for k in _CONFIG if k in arguments}}
    if not _is_enabled(config):
        return None
    name, description = arguments.pop("name", None), arguments.pop("description", "")
    if column is not None and "column" not in arguments and "columns" not in arguments:
        arguments["column"] = column
    short = str(test).removeprefix("dbt_utils.").replace("expression_is_true", "expression")
    columns: tuple[str, ...]
    if short in _BUILT_IN:
        kind = RuleKind(short)
        columns, said = arguments_of(kind, _dbt_value(kind, arguments), where)
        default = default_name(kind, table, columns, said)
    else:
        kind = RuleKind.GENERIC
        columns = (column,) if column else ()
        given = {k: v for k, v in arguments.items() if k != "column"}
        said = {"test": str(test), "arguments": given}
        default = "_".join((str(test), table, *columns))
    return Rule(
        name=str(name or default),
        kind=kind,
        table=table,
        where=where,
        columns=columns,
        arguments=said,
        filter=condition_of(config, "where", where),
        description=str(description or ""),
        suite=table,
        **_judged(config, where),
    )


def _is_enabled(config: Mapping[str, Any]) -> bool:
    return str(config.get("enabled", True)).lower() != "false"


def _judged(config: Mapping[str, Any], where: Location) -> dict[str, Any]:
    """Severity, thresholds and tags; ProjectError for a config that would change the verdict."""
    if "fail_calc" in config:
        raise bad_rule(
            where,
            "fail_calc is not supported",
            "failing rows are counted: write the test so that it returns those",
        )
    tags = config.get("tags") or ()
    judged: dict[str, Any] = {
        "severity": severity_of(config.get("severity", "error"), where),
        "tags": (tags,) if isinstance(tags, str) else tuple(tags),
    }
    for key in ("error_if", "warn_if"):
        if key in config:
            judged[key] = threshold_of(key, config[key], where)
    return judged


def _dbt_value(kind: RuleKind, arguments: Mapping[str, Any]) -> Any:
    if kind in (RuleKind.UNIQUE, RuleKind.NOT_NULL):
        return arguments.get("columns") or arguments.get("column")
    if kind is RuleKind.EXPRESSION:
        return arguments.get("expression") or arguments.get("sql")
    ignored = ("quote", "column") if kind is RuleKind.ROW_COUNT else ("quote",)
    value = {k: v for k, v in arguments.items() if k not in ignored}
    if kind is RuleKind.ACCEPTED_VALUES and isinstance(value.get("values"), list):
        # null always passes, there as here
        value["values"] = [v for v in value["values"] if v is not None]
    return value


def singular(path: Path, sql: str) -> Rule | None:
    """A dbt project's tests/NAME.sql: rows it returns are failures. None where it is disabled."""
    config: dict[str, Any] = {}
    for call in _CONFIG_CALL.findall(_COMMENT.sub("", sql)):
        for key, single, double, bare in _SETTING.findall(call):
            config[key] = single or double or bare
    if not _is_enabled(config):
        return None
    where = Location(path, 1)
    return Rule(
        name=path.stem,
        kind=RuleKind.SQL,
        table=None,
        where=where,
        arguments={"sql": sql.strip().rstrip(";")},
        suite="tests",
        **{**_judged(config, where), "tags": ()},
    )
