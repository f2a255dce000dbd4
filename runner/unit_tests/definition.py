"""A unit test of a model, as YAML says it: rows that are given, rows that are expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from runner.compile.isolated import Overrides
from runner.errors import Location, ProjectError


class Format(Enum):
    DICT = "dict"
    CSV = "csv"
    SQL = "sql"


@dataclass(frozen=True)
class Row:
    """A row as written: values by column, in whatever case the columns are named."""

    values: Mapping[str, Any]
    where: Location


@dataclass(frozen=True)
class Fixture:
    """Rows, or the query that gives them where `sql` is not None."""

    rows: Sequence[Row]
    where: Location
    sql: str | None = None


class InputKind(Enum):
    REF = "ref"
    SOURCE = "source"
    THIS = "this"


@dataclass(frozen=True)
class Given:
    """The rows of one input; `fixture` is None where a seed is given as its file has it.

    `name` is the model's or seed's, or the source's table; `source_name` a source's only.
    """

    kind: InputKind
    name: str
    fixture: Fixture | None
    where: Location
    source_name: str = ""

    @property
    def call(self) -> str:
        """As YAML has it."""
        if self.kind is InputKind.THIS:
            return "this"
        if self.kind is InputKind.SOURCE:
            return f"source('{self.source_name}', '{self.name}')"
        return f"ref('{self.name}')"


@dataclass(frozen=True)
class UnitTest:
    name: str
    model: str
    given: tuple[Given, ...]
    expect: Fixture
    where: Location
    description: str = ""
    overrides: Overrides = field(default_factory=Overrides)
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tags(self) -> tuple[str, ...]:
        found = self.config.get("tags", ())
        return (found,) if isinstance(found, str) else tuple(str(tag) for tag in found)

    def unique_id(self, project: str) -> str:
        return f"unit_test.{project}.{self.model}.{self.name}"


def bad_unit_test(where: Location, what: str, mend: str, why: str | None = None) -> ProjectError:
    return ProjectError("R233", what, where=where, why=why, mend=mend)
