"""What `runner verify` finds, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from runner.engines.base import Column
from runner.ledger.row_differences import Suspect
from runner.sqltyping.types import INTEGER, TEXT

NAMED_ROWS = 3  # of one table of one batch; more are counted
COLUMNS = (Column("batch_id", INTEGER), Column("table_name", TEXT), Column("problem", TEXT))


@dataclass(frozen=True)
class Finding:
    """What is not as it was appended; `batch_id` is None where no batch accounts for it."""

    batch_id: int | None
    table: str
    problem: str
    suspect: Suspect | None = None  # where its rows can be compared with those of its files


@dataclass(frozen=True)
class Head:
    """The newest batch: who keeps this elsewhere can prove all that came before."""

    batch_id: int
    chain_hash: str

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.chain_hash}"


@dataclass(frozen=True)
class Verification:
    """How many facts of how many batches were hashed; `head` is None for an empty ledger."""

    head: Head | None
    batch_count: int
    row_count: int
    findings: tuple[Finding, ...]
