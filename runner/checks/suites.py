"""Read the rules of checks/."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from runner.checks.expectations import VOCABULARY, canonical_name
from runner.checks.expectations.arguments import read
from runner.checks.rules import (
    INNER_OPTIONS,
    OPTIONS,
    Rule,
    RuleKind,
    as_columns,
    bad_rule,
    condition_of,
    kind_of,
    mostly_of,
    severity_of,
    tags_of,
    text_of,
)
from runner.errors import Location, nearest
from runner.project.yaml_file import LineMap, read_yaml

_ROW_KINDS = {
    RuleKind.NOT_NULL,
    RuleKind.ACCEPTED_VALUES,
    RuleKind.RELATIONSHIPS,
    RuleKind.EXPRESSION,
}
_SUITE_KEYS = {"version", "suite", "description", "checks"}


def load_suite(path: Path) -> list[Rule]:
    """The rules of one file of checks/."""
    body = read_yaml(path, exact=True)
    for key in body:
        if key not in _SUITE_KEYS:
            near = nearest(str(key), _SUITE_KEYS)
            raise bad_rule(
                Location(path, body.line_of(key)),
                f"a suite has no key '{key}'",
                f"did you mean '{near}'?" if near else f"known: {', '.join(sorted(_SUITE_KEYS))}",
            )
    suite = text_of(body, "suite", Location(path, body.line_of("suite"))) or path.stem
    rules: list[Rule] = []
    for entry in _entries(body, "checks", path):
        if not isinstance(entry, LineMap):
            raise bad_rule(
                Location(path, body.line_of("checks")),
                "a check is not a mapping",
                "begin it with 'table:' or 'sql:'",
            )
        if "table" in entry:
            rules += _table_rules(entry, suite, path)
        else:
            rules.append(_rule(entry, None, suite, path))
    return rules


def _entries(body: LineMap, key: str, path: Path) -> Sequence[Any]:
    """What the list `key` holds: a list that is left out, or has nothing in it, proves nothing."""
    value = body.get(key)
    if not isinstance(value, list) or not value:
        said = f"'{key}' is {value!r}, not a list" if value else f"there is nothing in '{key}'"
        raise bad_rule(
            Location(path, body.line_of(key) or 1),
            said if key in body else f"'{key}' is missing",
            f"write '{key}:' and below it one '- …' for each",
        )
    return value


def _table_rules(entry: LineMap, suite: str, path: Path) -> Iterator[Rule]:
    strangers = set(entry) - {"table", "rules"}
    if strangers:
        name = sorted(strangers)[0]
        raise bad_rule(
            Location(path, entry.line_of(name)),
            f"a table's checks have no key '{name}'",
            "put it into the rule it belongs to, under 'rules:'",
        )
    table = entry["table"]
    if not isinstance(table, str) or not table.strip():
        raise bad_rule(
            Location(path, entry.line_of("table")),
            f"the table is {table!r}, not a name",
            "write the name of a model, a seed or a fact table",
        )
    for body in _entries(entry, "rules", path):
        if not isinstance(body, LineMap):
            raise bad_rule(
                Location(path, entry.line_of("rules")),
                f"the rule {body!r} is not a mapping",
                "write it as 'not_null: [column]'",
            )
        yield _rule(body, table, suite, path)


def _rule(body: LineMap, table: str | None, suite: str, path: Path) -> Rule:
    where = Location(path, body.line)
    kind, key = kind_of(body, where)
    stands_alone = kind is RuleKind.SQL or canonical_name(key) == "unexpected_rows_expectation"
    if not stands_alone and table is None:
        raise bad_rule(
            where,
            f"the {key} check names no table",
            "put it under 'table: NAME' and 'rules:'",
        )
    options = {k: v for k, v in body.items() if k in OPTIONS}
    if kind is RuleKind.EXPECTATION:
        columns, arguments, inner = expected_of(key, body[key], where)
        twice = sorted(options.keys() & inner.keys())
        if twice:
            raise bad_rule(where, f"'{twice[0]}' stands twice", "once is enough")
        options |= inner
    else:
        columns, arguments = arguments_of(kind, body[kind.value], where)
    if stands_alone and table is None and "name" not in body:
        raise bad_rule(where, f"a check of {key} has no name", "add 'name: what_must_hold'")
    filters = [k for k in ("where", "row_condition") if k in options]
    if len(filters) > 1:
        raise bad_rule(where, "'where' and 'row_condition' are the same", "give one of them")
    return Rule(
        name=text_of(body, "name", where) or default_name(kind, table, columns, arguments),
        kind=kind,
        table=table,
        severity=severity_of(options.get("severity", "error"), where),
        where=where,
        columns=columns,
        arguments=arguments,
        filter=condition_of(options, filters[0], where) if filters else None,
        description=text_of(options, "description", where),
        tags=tags_of(options.get("tags"), where),
        owner=text_of(options, "owner", where),
        suite=suite,
        mostly=_mostly(options, kind, arguments, where),
    )


def _mostly(
    options: Mapping[str, Any], kind: RuleKind, arguments: Mapping[str, Any], where: Location
) -> Decimal | None:
    mostly = mostly_of(options.get("mostly"), where)
    of_rows = kind in _ROW_KINDS or (
        kind is RuleKind.EXPECTATION and VOCABULARY[arguments["expectation"]].takes_mostly
    )
    if mostly is not None and not of_rows:
        raise bad_rule(
            where, "mostly is a share of rows, and this rule is not about each row", "leave it out"
        )
    return mostly


def expected_of(
    key: str, value: Any, where: Location
) -> tuple[tuple[str, ...], dict[str, Any], dict[str, Any]]:
    """An expectation's columns, its arguments, and the options that stand among these.

    A bare value may stand for the mapping of one argument, where one is all it needs.
    """
    name = canonical_name(key)
    expectation = VOCABULARY[name]
    known = expectation.arguments
    if expectation.sole_argument is not None and not isinstance(value, Mapping | None):
        value = {expectation.sole_argument: value}
    if not isinstance(value, Mapping):
        raise bad_rule(where, f"{key} needs arguments", f"it takes {', '.join(known)}")

    def place(argument: str) -> Location:
        return (
            Location(where.path, value.line_of(argument)) if isinstance(value, LineMap) else where
        )

    inner = {k: v for k, v in value.items() if k in INNER_OPTIONS}
    arguments = {k: v for k, v in value.items() if k not in inner}
    given = read(name, known, arguments, place, bounds=expectation.bounds)
    columns = [given[k] for k in ("column", "column_A", "column_B") if given.get(k)]
    columns += given.get("column_list") or []
    return tuple(columns), {"expectation": name, "given": given}, inner


def arguments_of(
    kind: RuleKind, value: Any, where: Location
) -> tuple[tuple[str, ...], dict[str, Any]]:
    if kind in (RuleKind.UNIQUE, RuleKind.NOT_NULL):
        return as_columns(value, where, kind.value), {}
    if kind in (RuleKind.EXPRESSION, RuleKind.SQL):
        if not isinstance(value, str) or not value.strip():
            raise bad_rule(where, f"the {kind.value} check is empty", "write SQL after it")
        return (), {"sql": value.strip().rstrip(";")}
    if not isinstance(value, Mapping):
        raise bad_rule(where, f"{kind.value} needs arguments", _EXAMPLES[kind])
    return _mapping_arguments(kind, value, where)


_EXAMPLES = {
    RuleKind.ACCEPTED_VALUES: "accepted_values: {column: side, values: [BUY, SELL]}",
    RuleKind.RELATIONSHIPS: "relationships: {columns: [order_id], to: orders, to_columns: [id]}",
    RuleKind.ROW_COUNT: "row_count: {min: 1}",
}
_ARGUMENTS = {
    RuleKind.ACCEPTED_VALUES: {"column", "values"},
    RuleKind.RELATIONSHIPS: {"columns", "column", "to", "to_columns", "field"},
    RuleKind.ROW_COUNT: {"min", "max"},
}


def _mapping_arguments(
    kind: RuleKind, value: Mapping[str, Any], where: Location
) -> tuple[tuple[str, ...], dict[str, Any]]:
    for key in value:
        if key not in _ARGUMENTS[kind]:
            near = nearest(str(key), _ARGUMENTS[kind])
            raise bad_rule(
                where,
                f"{kind.value} has no argument '{key}'",
                f"did you mean '{near}'?" if near else _EXAMPLES[kind],
            )
    if kind is RuleKind.ROW_COUNT:
        if not value:
            raise bad_rule(where, "row_count has no bound", _EXAMPLES[kind])
        for key, bound in value.items():
            if not isinstance(bound, int) or isinstance(bound, bool):
                raise bad_rule(
                    where, f"row_count's {key} is {bound!r}, not a whole number", _EXAMPLES[kind]
                )
        if "min" in value and "max" in value and value["min"] > value["max"]:
            raise bad_rule(where, "row_count's min is above its max", "no number is in between")
        return (), dict(value)
    columns = as_columns(value.get("columns") or value.get("column"), where, kind.value)
    if kind is RuleKind.ACCEPTED_VALUES:
        return columns, {"values": _accepted(columns, value.get("values"), where)}
    if "to" not in value:
        raise bad_rule(where, "relationships does not say to which table", _EXAMPLES[kind])
    to_columns = as_columns(
        value.get("to_columns") or value.get("field") or list(columns), where, kind.value
    )
    if len(to_columns) != len(columns):
        raise bad_rule(where, "relationships pairs lists of different length", _EXAMPLES[kind])
    return columns, {"to": table_named(str(value["to"])), "to_columns": to_columns}


def _accepted(columns: Sequence[str], values: Any, where: Location) -> list[Any]:
    if len(columns) > 1:
        wrong = f"is about {len(columns)} columns, not one"
    elif not values:
        wrong = "has no values"
    elif not isinstance(values, list):
        wrong = f"has {values!r} for a list of values"
    elif any(v is None or isinstance(v, list | Mapping) for v in values):
        wrong = f"has {values!r} for values (null is none, and passes)"
    else:
        return values
    raise bad_rule(where, f"accepted_values {wrong}", _EXAMPLES[RuleKind.ACCEPTED_VALUES])


def table_named(text: str) -> str:
    """`ref('x')` or `source('a', 'x')` as dbt writes it, or a bare name.

    >>> table_named("ref('orders')"), table_named("source('ledger', 'fills')"), table_named("x")
    ('orders', 'fills', 'x')
    """
    found = re.match(r"\s*(?:ref|source)\s*\((.*)\)\s*$", text)
    inner = found.group(1).split(",")[-1] if found else text
    return inner.strip().strip("'\"")


def default_name(
    kind: RuleKind, table: str | None, columns: Sequence[str], arguments: Mapping[str, Any]
) -> str:
    parts = [kind.value, table or "", *columns]
    if kind is RuleKind.RELATIONSHIPS:
        parts += ["to", arguments["to"]]
    if kind is RuleKind.EXPECTATION:
        parts[0] = arguments["expectation"]
    if kind is RuleKind.EXPRESSION:
        parts.append(re.sub(r"\W+", "_", str(arguments["sql"])).strip("_")[:60])
    return "_".join(part for part in parts if part)
