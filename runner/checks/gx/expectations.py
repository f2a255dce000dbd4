"""A compiled rule as an expectation: Great Expectations' own, or rows that our SQL finds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from great_expectations.expectations.core.unexpected_rows_expectation import (
    UnexpectedRowsExpectation,
)
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.registry import get_expectation_impl

from runner.checks.compiled_rule import CompiledRule
from runner.checks.expectations.arguments import literal
from runner.checks.gx import exactness
from runner.checks.rules import Rule, Severity, Threshold
from runner.sqltyping.types import SqlType

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARN: "warning"}
# what SQLAlchemy takes for a parameter, and what it takes for one that is not to be one
_PARAMETER = re.compile(r"(?<![:\w\\]):(?=\w+(?!:))")
_ESCAPED = re.compile(r"\\(?=:[\w$]*(?![:\w$]))")


def expectation_of(rule: CompiledRule, columns: Mapping[str, SqlType] | None) -> Expectation:
    """One expectation; `meta` says which rule it is and where that is declared.

    `columns` are those of the table it is asked of; None where that is none of the rule's.
    """
    described: dict[str, Any] = {
        "description": rule.rule.description.strip() or None,
        "severity": _SEVERITIES[rule.rule.severity],
        "meta": {
            "check": rule.rule.name,
            "declared_at": f"{rule.rule.where.path.name}:{rule.rule.where.line}",
            "owner": rule.rule.owner,
            "tags": list(rule.rule.tags),
        },
    }
    own = None if columns is None else exactness.own_expectation(rule.rule, columns)
    if own is not None:
        name, arguments = own
        made: Expectation = get_expectation_impl(name)(**arguments, **described)
        return made
    query = escaped(unexpected_rows(rule))
    return UnexpectedRowsExpectation(unexpected_rows_query=query, **described)


def unexpected_rows(rule: CompiledRule) -> str:
    """Failing rows, where they are more than the rule lets pass."""
    failing = f"(\n{rule.failing}\n) as failing"
    limits = [*_thresholds(rule.rule)]
    tables = [failing]
    if limits:
        tables.append(f"(\nselect count(*) as failures\nfrom {failing}\n) as counted")
    if rule.rule.mostly is not None and rule.considered is not None:
        if not limits:
            tables.append(f"(\nselect count(*) as failures\nfrom {failing}\n) as counted")
        tables.append(f"(\n{rule.considered}\n) as tested")
        limits.append(
            "tested.considered - counted.failures "
            f"< {literal(rule.rule.mostly)} * tested.considered"
        )
    sql = "select failing.*\nfrom " + "\ncross join ".join(tables)
    return f"{sql}\nwhere {' and '.join(limits)}" if limits else sql


def tolerates(rule: Rule) -> bool:
    """Whether some rows may fail."""
    return rule.mostly is not None or bool(_thresholds(rule))


def _thresholds(rule: Rule) -> list[str]:
    """dbt's `error_if` and `warn_if` as one condition on the number of failures."""
    if (rule.error_if, rule.warn_if) == (Threshold(), Threshold()):
        return []
    met = [rule.warn_if] + ([rule.error_if] if rule.severity is Severity.ERROR else [])
    said = (f"counted.failures {_operator(t)} {t.bound}" for t in met)
    return [f"({' or '.join(said)})"]


def _operator(threshold: Threshold) -> str:
    return {"==": "=", "!=": "<>"}.get(threshold.comparison, threshold.comparison)


def escaped(sql: str) -> str:
    """SQL that comes out of Great Expectations' templates and SQLAlchemy's as it went in.

    >>> escaped("select ':a' as x where regexp_matches(y, 'z{2}')")
    "select '\\\\:a' as x where regexp_matches(y, 'z{{2}}')"
    """
    doubled = sql.replace("{", "{{").replace("}", "}}")
    return _PARAMETER.sub(r"\\:", _ESCAPED.sub(r"\\\\", doubled))
