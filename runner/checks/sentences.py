"""What a rule says must hold, in a sentence: its author's, or one made of the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from runner.checks.rules import Rule, RuleKind


def sentence_of(rule: Rule) -> str:
    """The description; where there is none, the rule as its suite says it, on one line.

    >>> from runner.checks.rules import Severity
    >>> from runner.errors import Location
    >>> from pathlib import Path
    >>> place = (Severity.ERROR, Location(Path("a.yml")))
    >>> sentence_of(Rule("n", RuleKind.NOT_NULL, "orders", *place, columns=("side", "price")))
    'no null in side, price'
    """
    said = rule.description.strip() or _WORDS[rule.kind](rule)
    if rule.description.strip():
        return " ".join(said.split())
    more = [f"where {rule.filter}"] if rule.filter else []
    more += [f"mostly {rule.mostly}"] if rule.mostly is not None else []
    return " ".join(", ".join([said, *more]).split())


def _expectation(rule: Rule) -> str:
    from runner.checks.expectations import VOCABULARY

    name = str(rule.arguments["expectation"])
    known = VOCABULARY[name].arguments
    given = {
        key: value
        for key, value in rule.arguments["given"].items()
        if value is not None and (key not in known or value != known[key].default)
    }
    return f"{name} ({_listed(given)})" if given else name


def _generic(rule: Rule) -> str:
    columns = {"column_name": rule.columns[0]} if rule.columns else {}
    return f"{rule.arguments['test']} ({_listed({**columns, **rule.arguments['arguments']})})"


def _listed(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}: {_value(value)}" for key, value in given.items())


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return f"{{{_listed(value)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return str(value)


def _related(rule: Rule) -> str:
    theirs = ", ".join(rule.arguments["to_columns"])
    return f"{', '.join(rule.columns)} stand in {rule.arguments['to']} ({theirs})"


_WORDS: Mapping[RuleKind, Callable[[Rule], str]] = {
    RuleKind.UNIQUE: lambda rule: f"no two rows have the same {', '.join(rule.columns)}",
    RuleKind.NOT_NULL: lambda rule: f"no null in {', '.join(rule.columns)}",
    RuleKind.ACCEPTED_VALUES: lambda rule: (
        f"{rule.columns[0]} is one of {', '.join(map(_value, rule.arguments['values']))}"
    ),
    RuleKind.RELATIONSHIPS: _related,
    RuleKind.EXPRESSION: lambda rule: str(rule.arguments["sql"]),
    RuleKind.ROW_COUNT: lambda rule: f"row_count ({_listed(rule.arguments)})",
    RuleKind.SQL: lambda rule: "the query returns no row",
    RuleKind.GENERIC: _generic,
    RuleKind.EXPECTATION: _expectation,
}
