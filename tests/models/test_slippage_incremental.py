"""Extending order_slippage, whatever order facts come in, gives what building it whole gives."""

from __future__ import annotations

import os
from collections import defaultdict
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.build.plan import Action, Request
from runner.build.planner import Planner
from runner.build.run import begin, run_build
from runner.cli.watch import Quiet
from runner.engines.base import Engine
from tests.models.facts import EPOCH, insert
from tests.models.harness import empty_ledger, workspace
from tests.models.order_histories import (
    INSTRUMENTS,
    OrderHistory,
    order_facts,
    write_batch,
)

EXAMPLES = int(os.environ.get("INCREMENTAL_EXAMPLES", "2"))  # on each engine
Batch = dict[str, list[dict[str, Any]]]


def build(ledger: Engine, *, full_refresh: bool = False) -> dict[str, Action]:
    """order_slippage and what it stands on, without checks; what was done to each."""
    opened = workspace(ledger.name)
    planner = Planner(ledger, opened.project, opened.models, opened.dag)
    selected = frozenset(opened.selector().select(["+order_slippage"]))
    result = begin(planner.plan(Request(selected, False, full_refresh), []))
    run_build(ledger, opened.compiler, result, opened.config, Quiet())
    assert result.published
    return {step.name: step.action for step in result.plan.steps}


def arrivals(seed: int, length: int) -> list[Batch]:
    """A history in batches: ticks and requests whenever, an order before its events and fills.

    Most facts come early, so that the later batches leave most orders as they are.
    """
    history, random = OrderHistory(seed, length), Random(seed)
    facts = order_facts(INSTRUMENTS, history.quotes, history.orders, history.fills)
    count = random.randint(2, 4)
    batches: list[Batch] = [defaultdict(list) for _ in range(count)]
    batches[0]["instruments"] = facts["instruments"]
    came: dict[str, int] = {}  # order or fill -> its batch
    for table in ("market_ticks", "order_requests", "orders", "order_events", "order_fills"):
        for row in facts[table]:
            after = row.get("corrects_fill_id") or row["order_id"] if table in LATER else None
            batch = came[after] if after else 0
            if random.random() < 0.12:
                batch = random.randrange(batch, count)
            if table in ("orders", "order_fills"):
                came[row["order_id" if table == "orders" else "fill_id"]] = batch
            batches[batch][table].append(row)
    return batches


LATER = ("order_events", "order_fills")


def append(ledger: Engine, batch_id: int, batch: Batch) -> None:
    """One batch, recorded as the ledger records its batches."""
    for table, rows in batch.items():
        write_batch(ledger, table, rows, batch_id)
    known = {"batch_id": batch_id, "recorded_at": EPOCH}
    made = {"kind": "INGEST", "source": "test", "row_count": 0, "content_hash": ""}
    made |= {"chain_hash": str(batch_id), "schema_version": 1}
    insert(ledger, "ledger_batches", [made | known])
    insert(
        ledger,
        "ledger_batch_tables",
        [
            {"table_name": t, "row_count": len(r), "root_hash": "", **known}
            for t, r in batch.items()
        ],
    )


def contents(ledger: Engine) -> list[str]:
    return sorted(str(row) for row in ledger.query("select * from order_slippage").rows)


def check(ledger: Engine, batches: list[Batch]) -> list[Action]:
    """What was done to order_slippage at each batch."""
    done = []
    try:
        for n, batch in enumerate(batches, start=1):
            append(ledger, n, batch)
            done.append(build(ledger)["order_slippage"])
        bit_by_bit = contents(ledger)
        build(ledger, full_refresh=True)
        assert bit_by_bit == contents(ledger)
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
