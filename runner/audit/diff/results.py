"""What a diff comes to, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from runner.audit.diff.tables import Table


@dataclass(frozen=True)
class RowDifference:
    """`before` and `after` are the row in each build by column, None where it is not there."""

    key: Mapping[str, Any]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def change(self) -> str:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


@dataclass(frozen=True)
class Total:
    """A column's sum in each build, over the rows in `currency` where the table has one."""

    currency: str | None
    column: str
    before: Decimal | None
    after: Decimal | None


@dataclass
class TableDifference:
    """`rows` are the first ones that differ; `changed_columns` counts rows by column."""

    table: Table
    rows_before: int
    rows_after: int
    added: int = 0
    removed: int = 0
    changed: int = 0
    changed_columns: Mapping[str, int] = field(default_factory=dict)
    rows: Sequence[RowDifference] = ()
    totals: Sequence[Total] = ()

    @property
    def differing(self) -> int:
        return self.added + self.removed + self.changed

    @property
    def is_equal(self) -> bool:
        table = self.table
        return not (self.differing or table.only_in_a or table.only_in_b or table.retyped)


@dataclass(frozen=True)
class BatchSummary:
    """A batch that only one build holds, and its rows by fact table."""

    batch_id: int
    recorded_at: datetime
    source: str
    row_counts: Mapping[str, int]


@dataclass(frozen=True)
class Fact:
    """A fact that only one build holds. `said` says what it is to the row it explains."""

    table: str
    id: str
    batch_id: int
    said: str

    def __str__(self) -> str:
        return f"{self.said} (batch {self.batch_id})"


@dataclass
class Knowledge:
    """What one build knows that the other does not; `newer` names the one.

    `facts` are those behind each row shown, by table and the row's place in `rows`; `scope` says
    of what: the row's order, its book, account or instrument.
    """

    newer: str
    batches: Sequence[BatchSummary]
    facts: Mapping[tuple[str, int], Sequence[Fact]] = field(default_factory=dict)


@dataclass
class Difference:
    """The whole of it. `knowledge` is None where both builds hold the same facts."""

    before: str
    after: str
    tables: Sequence[TableDifference]
    only_before: Sequence[str] = ()
    only_after: Sequence[str] = ()
    knowledge: Knowledge | None = None
    note: str = ""

    @property
    def is_equal(self) -> bool:
        return not (self.only_before or self.only_after) and all(t.is_equal for t in self.tables)
