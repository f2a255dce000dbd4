"""Extending order_slippage, whatever order facts come in, gives what building it whole gives."""

from __future__ import annotations

import os
from collections import defaultdict
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.build.plan import Action
from runner.engines.base import Engine
from tests.models.extending import build, recorded, rows_when_whole
from tests.models.harness import empty_ledger
from tests.models.order_histories import (
    INSTRUMENTS,
    OrderHistory,
    order_facts,
    write_batch,
)

EXAMPLES = int(os.environ.get("INCREMENTAL_EXAMPLES", "2"))  # on each engine
TABLES = ("order_slippage", "int_ticks_numbered", "int_closes", "int_daily_marks")
LATER = ("order_events", "order_fills")
Batch = dict[str, list[dict[str, Any]]]


def arrivals(seed: int, length: int) -> list[Batch]:
    """A history in batches: ticks and requests whenever, an order before its events and fills.

    Most facts come early, so that the later batches leave most orders as they are. An instrument
    comes before all of its own, and so may stand in the ledger after those whose names follow it.
    """
    history, random = OrderHistory(seed, length), Random(seed)
    facts = order_facts(INSTRUMENTS, history.quotes, history.orders, history.fills)
    count = random.randint(2, 4)
    batches: list[Batch] = [defaultdict(list) for _ in range(count)]
    came: dict[str, int] = {}  # instrument, order or fill -> its batch
    for row in facts["instruments"]:
        came[row["instrument_id"]] = random.choice((0, 0, 0, random.randrange(count)))
        batches[came[row["instrument_id"]]]["instruments"].append(row)
    for table in ("market_ticks", "order_requests", "orders", "order_events", "order_fills"):
        for row in facts[table]:
            after = row.get("corrects_fill_id") or row["order_id"] if table in LATER else None
            batch = came[after or row["instrument_id"]]
            if random.random() < 0.12:
                batch = random.randrange(batch, count)
            if table in ("orders", "order_fills"):
                came[row["order_id" if table == "orders" else "fill_id"]] = batch
            batches[batch][table].append(row)
    return batches


def check(ledger: Engine, batches: list[Batch]) -> list[Action]:
    """What was done to order_slippage at each batch."""
    done = []
    try:
        for n, batch in enumerate(batches, start=1):
            with recorded(ledger, n, list(batch)):
                for table, rows in batch.items():
                    write_batch(ledger, table, rows, n)
            done.append(build(ledger, TABLES)["order_slippage"])
        rows_when_whole(ledger, TABLES)
    finally:
        ledger.close()
    return done


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32), length=st.integers(20, 90))
def test_extending_equals_building_whole(engine_name: str, seed: int, length: int) -> None:
    check(empty_ledger(engine_name), arrivals(seed, length))


# a batch that has nothing but ticks, requests, or fills and events
ONLY = {
    "ticks": ("market_ticks",),
    "requests": ("order_requests",),
    "fills": ("order_events", "order_fills"),
}


@pytest.mark.parametrize(
    "engine_name", ["duckdb", pytest.param("sqlite", marks=pytest.mark.nightly)]
)
@pytest.mark.either_engine
@pytest.mark.parametrize("late", ONLY)
def test_late_facts_of_one_kind_extend_it(engine_name: str, late: str) -> None:
    history = OrderHistory(11, 60)
    facts = order_facts(INSTRUMENTS, history.quotes, history.orders, history.fills)
    batches: list[Batch] = [
        {
            t: [r for n, r in enumerate(rows) if t not in ONLY[late] or n % 3]
            for t, rows in facts.items()
        },
        {t: [r for n, r in enumerate(facts[t]) if not n % 3] for t in ONLY[late]},
    ]
    assert check(empty_ledger(engine_name), batches) == [Action.BUILD, Action.EXTEND]
