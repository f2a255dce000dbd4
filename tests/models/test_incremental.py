"""Whatever order facts arrive in, extending the tables comes to what building them whole gives."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.build.plan import Action, Plan, Request
from runner.build.planner import Planner
from runner.build.run import begin, run_build
from runner.cli.watch import Quiet
from runner.engines.base import Engine
from tests.models.facts import EPOCH, insert, write
from tests.models.harness import empty_ledger, workspace
from tests.models.histories import INSTRUMENTS, History

EXAMPLES = int(os.environ.get("INCREMENTAL_EXAMPLES", "3"))
EXTENDED = (
    "int_books", "int_book_fills", "int_conversions", "int_fees_to_convert", "lot_matches",
    "order_costs", "order_pnl", "order_state",
)  # fmt: skip
# built whole, on those
DERIVED = (
    "account_totals", "conversion_rates", "currency_conversions", "daily_pnl", "open_lots",
    "positions",
)  # fmt: skip
FACTS = ("instruments", "orders", "order_fills", "market_ticks", "cash_movements")


def build(ledger: Engine, *, full_refresh: bool = False) -> Plan:
    """Without checks: these tests state no accounts, and the tables are compared whole."""
    opened = workspace(ledger.name)
    planner = Planner(ledger, opened.project, opened.models, opened.dag)
    names = [f"+{name}" for name in (*EXTENDED, *DERIVED)]
    request = Request(frozenset(opened.selector().select(names)), False, full_refresh)
    result = begin(planner.plan(request, []))
    run_build(ledger, opened.compiler, result, opened.config, Quiet())
    assert result.published
    return result.plan


def arrivals(seed: int, length: int) -> tuple[History, list[dict[str, list[Any]]]]:
    """A history, and its facts in batches of random size and order; targets before amendments."""
    history, random = History(seed, length), Random(seed)
    fills = [f for f in history.fills if f.corrects is None]
    amendments = [f for f in history.fills if f.corrects is not None]
    count = random.randint(2, 4)
    batches: list[dict[str, list[Any]]] = [
        {"fills": [], "ticks": [], "funding": []} for _ in range(count)
    ]
    came: dict[str, int] = {}
    for fill in fills:
        came[fill.fill_id] = random.randrange(count)
        batches[came[fill.fill_id]]["fills"].append(fill)
    for fill in amendments:
        batches[random.randrange(came[str(fill.corrects)], count)]["fills"].append(fill)
    for tick in history.ticks:
        batches[random.randrange(count)]["ticks"].append(tick)
    for payment in history.funding:
        batches[random.randrange(count)]["funding"].append(payment)
    return history, batches


def append(ledger: Engine, batch_id: int, batch: dict[str, list[Any]], known: set[str]) -> None:
    """One batch, recorded as the ledger records its batches."""
    with recorded(ledger, batch_id, FACTS):
        write(
            ledger,
            INSTRUMENTS if batch_id == 1 else [],
            batch["fills"],
            batch["ticks"],
            batch["funding"],
            batch_id=batch_id,
            known_orders=known,
        )
    known |= {fill.order_id for fill in batch["fills"]}


@contextmanager
def recorded(ledger: Engine, batch_id: int, tables: Sequence[str]) -> Iterator[None]:
    """What is written to `tables` meanwhile is recorded as one batch."""
    before = {table: ledger.row_count(table) for table in tables}
    yield
    shared = {"batch_id": batch_id, "recorded_at": EPOCH}
    insert(
        ledger,
        "ledger_batches",
        [
            {
                "kind": "INGEST",
                "source": "test",
                "row_count": 0,
                "content_hash": "",
                "chain_hash": str(batch_id),
                "schema_version": 1,
                **shared,
            }
        ],
    )
    insert(
        ledger,
        "ledger_batch_tables",
        (
            {"table_name": t, "row_count": ledger.row_count(t) - n, "root_hash": "", **shared}
            for t, n in before.items()
        ),
    )


def contents(ledger: Engine) -> dict[str, list[str]]:
    """Every derived table's rows; books go by their names, as their numbers may differ."""
    names = {
        row[0]: f"{row[1]} {row[2]}"
        for row in ledger.query("select book_key, account_id, instrument_id from int_books").rows
    }
    found = {}
    for name in (*EXTENDED, *DERIVED):
        answer = ledger.query(f"select * from {name}")
        columns = [c.name for c in answer.columns]
        found[name] = sorted(
            str([_named(c, v, names) for c, v in zip(columns, row, strict=True)])
            for row in answer.rows
        )
    return found


def _named(column: str, value: Any, names: dict[int, str]) -> Any:
    if value is None:
        return None
    if column == "book_key":
        return names[value]
    return str(value)


def check(ledger: Engine, seed: int, length: int, *, begins_empty: bool = False) -> int:
    """How many tables were extended on the way."""
    _, batches = arrivals(seed, length)
    if begins_empty:
        batches.insert(0, {"fills": [], "ticks": [], "funding": []})
    known: set[str] = set()
    extended = 0
    for n, batch in enumerate(batches, start=1):
        append(ledger, n, batch, known)
        plan = build(ledger)
        extended += sum(s.action is Action.EXTEND and s.name in EXTENDED for s in plan.steps)
    bit_by_bit = contents(ledger)
    build(ledger, full_refresh=True)
    whole = contents(ledger)
    for name in whole:
        assert bit_by_bit[name] == whole[name], name
    return extended


@pytest.fixture
def fresh(engine_name: str) -> Iterator[Any]:
    made: list[Engine] = []

    def one() -> Engine:
        made.append(empty_ledger(engine_name))
        return made[-1]

    yield one
    for engine in made:
        engine.close()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32), length=st.integers(2, 25))
def test_extending_equals_building_whole(fresh: Any, seed: int, length: int) -> None:
    check(fresh(), seed, length)


def test_facts_of_a_later_batch_extend_every_table(fresh: Any) -> None:
    assert check(fresh(), 7, 25) >= len(EXTENDED)


def test_the_first_facts_extend_empty_tables(fresh: Any) -> None:
    assert check(fresh(), 3, 8, begins_empty=True) >= len(EXTENDED)
