"""Facts in batches, the tables extended by each, and what they then hold.

Tables extended must hold what they hold when they are built whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from runner.build.plan import Action, Request
from runner.build.planner import Planner
from runner.build.run import begin, run_build
from runner.cli.watch import Quiet
from runner.engines.base import Engine
from tests.models.facts import EPOCH, insert, write
from tests.models.harness import workspace
from tests.models.histories import INSTRUMENTS
from tests.oracle import Fill, Funding, Instrument, Tick

FACTS = (
    "accounts", "instruments", "orders", "order_fills", "market_ticks", "cash_movements",
    "opening_lots", "instrument_restatements",
)  # fmt: skip


@dataclass
class Batch:
    """What came in together; `reporting` is what accounts declared with it report in."""

    fills: list[Fill] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    funding: list[Funding] = field(default_factory=list)
    lots: list[Fill] = field(default_factory=list)
    restated: list[Instrument] = field(default_factory=list)
    reporting: dict[str, str | None] = field(default_factory=dict)


def append(ledger: Engine, batch_id: int, batch: Batch, known_orders: set[str]) -> None:
    """The first batch tells of the instruments too; the orders of the fills are known after it."""
    with recorded(ledger, batch_id, FACTS):
        write(
            ledger,
            INSTRUMENTS if batch_id == 1 else [],
            batch.fills,
            batch.ticks,
            batch.funding,
            batch.reporting,
            lots=batch.lots,
            restated=batch.restated,
            batch_id=batch_id,
            known_orders=known_orders,
        )
    known_orders |= {fill.order_id for fill in batch.fills}


@contextmanager
def recorded(ledger: Engine, batch_id: int, tables: Sequence[str]) -> Iterator[None]:
    """What is written to `tables` meanwhile is recorded as the ledger records its batches."""
    before = {table: ledger.row_count(table) for table in tables}
    yield
    known = {"batch_id": batch_id, "recorded_at": EPOCH}
    made = {"kind": "INGEST", "source": "test", "row_count": 0, "content_hash": ""}
    made |= {"chain_hash": str(batch_id), "schema_version": 1}
    insert(ledger, "ledger_batches", [made | known])
    insert(
        ledger,
        "ledger_batch_tables",
        (
            {"table_name": t, "row_count": ledger.row_count(t) - n, "root_hash": "", **known}
            for t, n in before.items()
        ),
    )


def build(
    ledger: Engine, tables: Sequence[str], *, full_refresh: bool = False
) -> dict[str, Action]:
    """The tables and what they stand on, without checks; what was done to each."""
    opened = workspace(ledger.name)
    planner = Planner(ledger, opened.project, opened.models, opened.dag)
    selected = frozenset(opened.selector().select([f"+{name}" for name in tables]))
    result = begin(planner.plan(Request(selected, False, full_refresh), []))
    run_build(ledger, opened.compiler, result, opened.config, Quiet())
    assert result.published
    return {step.name: step.action for step in result.plan.steps}


def rows_when_whole(ledger: Engine, tables: Sequence[str]) -> dict[str, list[str]]:
    """Each table's rows, which are the same after building all of them whole."""
    bit_by_bit = _contents(ledger, tables)
    build(ledger, tables, full_refresh=True)
    whole = _contents(ledger, tables)
    for name in tables:
        assert bit_by_bit[name] == whole[name], name
    return whole


def _contents(ledger: Engine, tables: Sequence[str]) -> dict[str, list[str]]:
    """A book's number depends on when the book came, so its name stands for it."""
    relations = ledger.relations()
    found = {}
    for name in tables:
        columns = [f"{name}.{column.name}" for column in relations[name].columns]
        number = f"{name}.book_key"
        books = ""
        if number in columns:
            columns[columns.index(number)] = "books.account_id || ' ' || books.instrument_id"
            books = f"left join int_books as books on {number} = books.book_key"
        rows = ledger.query(f"select {', '.join(columns)} from {name} {books}").rows
        found[name] = sorted(str([_text(value) for value in row]) for row in rows)
    return found


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
