"""Whatever order facts arrive in, extending the tables comes to what building them whole gives."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.build.plan import Action
from runner.engines.base import Engine
from tests.models.extending import Batch, append, build, rows_when_whole
from tests.models.harness import empty_ledger
from tests.models.histories import INSTRUMENTS, SPREAD, History
from tests.oracle import Instrument

EXAMPLES = int(os.environ.get("INCREMENTAL_EXAMPLES", "3"))
EXTENDED = (
    "int_books", "int_book_fills", "int_conversions", "int_fees_to_convert", "lot_matches",
    "open_lots", "order_costs", "order_pnl", "order_state",
)  # fmt: skip
# built whole, on those
DERIVED = (
    "account_totals", "conversion_rates", "currency_conversions", "daily_pnl", "positions",
)  # fmt: skip
TABLES = (*EXTENDED, *DERIVED)


def arrivals(seed: int, length: int) -> list[Batch]:
    """A history, and its facts in batches of random size and order; targets before amendments."""
    history, random = History(seed, length), Random(seed)
    fills = [f for f in history.fills if f.corrects is None]
    amendments = [f for f in history.fills if f.corrects is not None]
    count = random.randint(2, 4)
    batches = [Batch() for _ in range(count)]
    came: dict[str, int] = {}
    for fill in fills:
        came[fill.fill_id] = random.randrange(count)
        batches[came[fill.fill_id]].fills.append(fill)
    for fill in amendments:
        batches[random.randrange(came[str(fill.corrects)], count)].fills.append(fill)
    for tick in history.ticks:
        batches[random.randrange(count)].ticks.append(tick)
    for payment in history.funding:
        batches[random.randrange(count)].funding.append(payment)
    for lot in history.lots:
        batches[random.randrange(count)].lots.append(lot)
    batches[0].reporting = history.reporting
    return batches


def restatement(random: Random) -> Instrument:
    """An instrument, of which its size, or that it is a contract, was not known."""
    found = random.choice([i for i in INSTRUMENTS if i.instrument_id != SPREAD])
    kind = "LINEAR" if found.kind == "SPOT" else found.kind
    return replace(found, kind=kind, multiplier=Decimal(random.choice(["0.1", "2", "50"])))


def check(
    ledger: Engine, seed: int, length: int, *, begins_empty: bool = False, restates: bool = False
) -> int:
    """How many tables were extended on the way."""
    batches = arrivals(seed, length)
    if restates:
        random = Random(seed)
        random.choice(batches[1:]).restated.append(restatement(random))
    if begins_empty:
        batches.insert(0, Batch())
    known: set[str] = set()
    extended = 0
    for n, batch in enumerate(batches, start=1):
        append(ledger, n, batch, known)
        actions = build(ledger, TABLES)
        extended += sum(actions[name] is Action.EXTEND for name in EXTENDED)
    rows_when_whole(ledger, TABLES)
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
    check(fresh(), seed, length, restates=seed % 4 == 0)


def test_restated_terms_bear_on_all_that_was_traded(fresh: Any) -> None:
    check(fresh(), 11, 20, restates=True)


def test_facts_of_a_later_batch_extend_every_table(fresh: Any) -> None:
    assert check(fresh(), 7, 25) >= len(EXTENDED)


def test_the_first_facts_extend_empty_tables(fresh: Any) -> None:
    assert check(fresh(), 3, 8, begins_empty=True) >= len(EXTENDED)
