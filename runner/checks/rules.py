"""A rule: one thing that must hold of a table, or a query that must return no row."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any

from runner.errors import Location, ProjectError, nearest
from runner.project.yaml_file import LineMap


class RuleKind(Enum):
    UNIQUE = "unique"
    NOT_NULL = "not_null"
    ACCEPTED_VALUES = "accepted_values"
    RELATIONSHIPS = "relationships"
    EXPRESSION = "expression"
    ROW_COUNT = "row_count"
    SQL = "sql"
    GENERIC = "generic"  # a dbt project's own {% test %}
    EXPECTATION = "expectation"  # one of the vocabulary, by its own name


# the kinds that a suite names by a word of their own
SHORT = frozenset(kind.value for kind in RuleKind) - {"generic", "expectation"}


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
    owner: str = ""
    suite: str = ""
    mostly: Decimal | None = None  # the share of considered rows that must not fail
    error_if: Threshold = Threshold()
    warn_if: Threshold = Threshold()

    @property
    def judgement(self) -> str:
        """What decides, beside the failing rows, how a check comes out."""
        said = f"{self.severity.value} {self.error_if} {self.warn_if}"
        return said if self.mostly is None else f"{said} {self.mostly}"


# what an expectation's own arguments may hold as well, as Great Expectations writes them
INNER_OPTIONS = ("mostly", "row_condition", "severity", "description")
OPTIONS = {"name", "where", "tags", "owner", *INNER_OPTIONS}


def as_columns(value: Any, where: Location, rule: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and value and all(isinstance(v, str) for v in value):
        return tuple(value)
    raise bad_rule(where, f"{rule} names no column", "write a column, or a list of columns")


def bad_rule(where: Location, what: str, mend: str) -> ProjectError:
    return ProjectError("R230", what, where=where, mend=mend)


def text_of(options: Mapping[str, Any], key: str, where: Location) -> str:
    """A name, a sentence or SQL; empty where it is not given."""
    value = options.get(key)
    if value is None:
        return ""
    if isinstance(value, Mapping | list) or not str(value).strip():
        raise bad_rule(where, f"{key} is {value!r}, not a text", f"write a text after '{key}:'")
    return str(value).strip()


def condition_of(options: Mapping[str, Any], key: str, where: Location) -> str | None:
    """SQL that is true of the rows that a rule is about; None for all."""
    value = options.get(key)
    if value is not None and not isinstance(value, str):
        raise bad_rule(where, f"{key} is {value!r}, not SQL", f"write a condition: {key}: id > 5")
    return text_of(options, key, where) or None


def tags_of(value: Any, where: Location) -> tuple[str, ...]:
    """One tag, or a list of them."""
    tags = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(tag, str) and tag for tag in tags):
        raise bad_rule(where, f"tags is {value!r}", "write a word, or a list of words")
    return tuple(tags)


# Great Expectations' words for the same
_SEVERITIES: dict[str, Severity] = {
    "critical": Severity.ERROR,
    "warning": Severity.WARN,
    "info": Severity.WARN,
}


def severity_of(value: Any, where: Location) -> Severity:
    said = str(value).lower()
    try:
        return _SEVERITIES[said] if said in _SEVERITIES else Severity(said)
    except ValueError:
        raise bad_rule(where, f"severity is '{value}'", "use error or warn") from None


def mostly_of(value: Any, where: Location) -> Decimal | None:
    """A share above 0, up to 1, which is the same as None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 < value <= 1:
        raise bad_rule(
            where, f"mostly is {value}", "give the share of rows that must pass, as 0.99"
        )
    return None if value == 1 else Decimal(value)


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


def kind_of(body: Mapping[str, Any], where: Location) -> tuple[RuleKind, str]:
    """The one key of a rule that is a kind or an expectation; ProjectError for none, two, others.

    The kind, and the key as it is written.
    """
    from runner.checks.expectations import LEFT_OUT, VOCABULARY, canonical_name

    known: dict[str, RuleKind] = {kind.value: kind for kind in RuleKind if kind.value in SHORT}
    kinds = [key for key in body if key in known or canonical_name(str(key)) in VOCABULARY]
    strangers = [key for key in body if key not in kinds and key not in OPTIONS]
    if strangers and canonical_name(str(strangers[0])) in LEFT_OUT:
        raise bad_rule(
            where,
            f"Great Expectations' {strangers[0]} is not part of the vocabulary",
            "docs/expectations.md lists what is; for the rest write unexpected_rows_expectation",
        )
    if strangers:
        near = nearest(canonical_name(str(strangers[0])), {*known, *OPTIONS, *VOCABULARY})
        raise bad_rule(
            Location(where.path, body.line_of(strangers[0]))
            if isinstance(body, LineMap)
            else where,
            f"a check has no key '{strangers[0]}'",
            f"did you mean '{near}'?"
            if near
            else f"known: {', '.join(sorted({*known, *OPTIONS}))}, and the expectations that "
            "docs/expectations.md lists",
        )
    if len(kinds) != 1:
        raise bad_rule(
            where,
            "a check needs exactly one rule" + (f", this has {', '.join(kinds)}" if kinds else ""),
            f"one of {', '.join(sorted(known))}, or an expectation that docs/expectations.md lists",
        )
    return known.get(kinds[0], RuleKind.EXPECTATION), kinds[0]
