"""The forms a rule takes once its arguments are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.checks.expectations.arguments import Arguments
from runner.engines.base import Column


@dataclass(frozen=True)
class RowTest:
    """`failing` is true of failing rows, `considered` of the rows that count as tested."""

    failing: str
    considered: str = ""  # all


@dataclass(frozen=True)
class KeyTest:
    """Rows that share their `columns` with another row fail, among the `considered` ones."""

    columns: tuple[str, ...]
    considered: str = ""


@dataclass(frozen=True)
class AggregateTest:
    """Aggregates of the rows, as columns to show, and SQL that is true of them where they fail."""

    shown: str
    broken: str


@dataclass(frozen=True)
class QueryTest:
    """A query whose rows are failures; `{batch}` in it stands for the relation.

    `{check}` is the check's name, as text. What `observed` gives is kept in check_history.
    Where each failure is a row of the relation, `considered` is true of the rows that were tested.
    Of one that looks for each row's parent by key alone, `parent_key` has the pairs of columns: the
    relation's and the parent's.
    """

    sql: str
    observed: str | None = None
    considered: str | None = None
    parent_key: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SchemaTest:
    """What is wrong with a relation's columns, as the row that a failure shows; None if nothing."""

    judge: Callable[[Sequence[Column]], Mapping[str, Any] | None]


Test = RowTest | KeyTest | AggregateTest | QueryTest | SchemaTest
Given = Mapping[str, Any]


@dataclass(frozen=True)
class Expectation:
    """`compile` makes a test of its arguments, or raises RefusedArguments."""

    name: str
    arguments: Arguments
    compile: Callable[[Given], Test]
    description: str
    takes_mostly: bool = False
    judges_rows: bool = False  # each row of its table by itself
    is_ours: bool = False  # Great Expectations has none like it

    @property
    def bounds(self) -> tuple[str, ...]:
        """The arguments of which at least one must be given: without a bound nothing could fail."""
        return tuple(
            name
            for name, argument in self.arguments.items()
            if name.startswith(("min_", "max_")) and not argument.is_required
        )

    @property
    def sole_argument(self) -> str | None:
        """The argument whose bare value may stand for all of them."""
        required = [name for name, argument in self.arguments.items() if argument.is_required]
        return required[0] if len(required) == 1 and not self.bounds else None
