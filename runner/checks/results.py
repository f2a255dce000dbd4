"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from runner.checks.rules import Rule
from runner.checks.sentences import sentence_of
from runner.errors import EngineError


class Status(Enum):
    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    ERROR = "error"  # the database could not tell


@dataclass(frozen=True)
class FailingRows:
    """Up to the configured number of failing rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class CheckResult:
    """`failures` counts failing rows (for unique: keys). `failing_sql` shows all of them."""

    rule: Rule
    status: Status
    failures: int
    failing_sql: str
    seconds: float
    rows: FailingRows | None = None
    repeated: bool = False  # nothing it reads has changed, so an earlier result stands
    kept_before: int = 0  # of a repeated result: the rows that check_failures has of it
    observed: str | None = None  # the figure that the next build is compared with
    considered: int | None = None  # rows tested, where the rule is about rows and some failed
    error: EngineError | None = None  # why it could not run

    @property
    def share(self) -> float | None:
        """Of the rows tested, how many failed: from 0 to 1."""
        return self.failures / self.considered if self.considered else None

    @property
    def sentence(self) -> str:
        if self.error is not None:
            return self.error.what
        rows = "row" if self.failures == 1 else "rows"
        # a rule's own SQL may be long: it is shown with the rows
        said = sentence_of(self.rule).rstrip(".") if self.rule.description else self.rule.name
        return f"{said}: {self.failures:,} {rows}"
