"""A rule: one thing that must hold of a table, or a query that must return no row."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from runner.errors import Location, ProjectError, nearest


class RuleKind(Enum):
    UNIQUE = "unique"
    NOT_NULL = "not_null"
    ACCEPTED_VALUES = "accepted_values"
    RELATIONSHIPS = "relationships"
    EXPRESSION = "expression"
    ROW_COUNT = "row_count"
    SQL = "sql"
    GENERIC = "generic"  # a dbt project's own {% test %}


class Severity(Enum):
    ERROR = "error"
    WARN = "warn"


_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
    "=": operator.eq, "==": operator.eq, "!=": operator.ne, "<>": operator.ne,
}  # fmt: skip


@dataclass(frozen=True)
class Threshold:
    """How many failing rows are too many: dbt's `error_if` and `warn_if`."""

    comparison: str = "!="
    bound: int = 0

    def is_met(self, failures: int) -> bool:
        return _COMPARISONS[self.comparison](failures, self.bound)


@dataclass(frozen=True)
class Rule:
    """`table` is a model, seed or source by name; None only for SQL, which names its own."""

    name: str
    kind: RuleKind
    table: str | None
    severity: Severity
    where: Location
    columns: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    filter: str | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    suite: str = ""
    error_if: Threshold = Threshold()
    warn_if: Threshold = Threshold()

    @property
    def judgement(self) -> str:
        """What decides, beside the failing rows, how a check comes out."""
        return f"{self.severity.value} {self.error_if} {self.warn_if}"


_OPTIONS = {"name", "severity", "where", "description", "tags"}


def as_columns(value: Any, where: Location, rule: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and value and all(isinstance(v, str) for v in value):
        return tuple(value)
    raise bad_rule(where, f"{rule} names no column", "write a column, or a list of columns")


def bad_rule(where: Location, what: str, mend: str) -> ProjectError:
    return ProjectError("R230", what, where=where, mend=mend)


def severity_of(value: Any, where: Location) -> Severity:
    try:
        return Severity(str(value).lower())
    except ValueError:
        raise bad_rule(where, f"severity is '{value}'", "use error or warn") from None


def threshold_of(name: str, value: Any, where: Location) -> Threshold:
    """`>10`, `!= 0`: a comparison of the number of failing rows with a whole number."""
    found = re.fullmatch(r"\s*(>=|<=|<>|!=|==|=|>|<)\s*(\d+)\s*", str(value))
    if found is None:
        raise bad_rule(
            where,
            f"{name} is '{value}'",
            f'write a comparison with a whole number: {name}: ">10"',
        )
    return Threshold(found.group(1), int(found.group(2)))


def kind_of(body: Mapping[str, Any], where: Location) -> RuleKind:
    """The one key of a rule's mapping that is a kind; ProjectError for none, two or a stranger."""
    known = {kind.value: kind for kind in RuleKind if kind is not RuleKind.GENERIC}
    kinds = [key for key in body if key in known]
    strangers = [key for key in body if key not in known and key not in _OPTIONS]
    if strangers:
        near = nearest(str(strangers[0]), set(known) | _OPTIONS)
        raise bad_rule(
            where,
            f"a check has no key '{strangers[0]}'",
            f"did you mean '{near}'?"
            if near
            else f"known: {', '.join(sorted(set(known) | _OPTIONS))}",
        )
    if len(kinds) != 1:
        raise bad_rule(
            where,
            "a check needs exactly one rule" + (f", this has {', '.join(kinds)}" if kinds else ""),
            f"one of {', '.join(sorted(known))}",
        )
    return known[kinds[0]]
