"""Trades and days extended as time goes on, and by what comes late, equal those built whole.

Facts arrive in the order of time but for a few, so that most trades were closed before what is new.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.build.plan import Action
from tests.models.extending import Batch, append, build, rows_when_whole
from tests.models.facts import EPOCH, uid
from tests.models.harness import empty_ledger
from tests.models.test_performance_property import Week
from tests.oracle import ZERO, Fill, Tick

EXAMPLES = int(os.environ.get("INCREMENTAL_EXAMPLES", "1"))  # on each engine
TABLES = (
    "lot_matches", "open_lots", "int_daily_activity", "int_daily_positions", "int_trades",
    "int_trade_results", "daily_pnl", "trades", "account_equity", "account_statistics",
)  # fmt: skip
BATCHES = 4


class Quarter(Week):
    """As a week, with days between on which nothing happened."""

    def _moment(self) -> datetime:
        days, hours = self.random.randint(0, 9), self.random.randint(0, 9)
        return EPOCH + timedelta(days=9 * days, hours=hours)


def arrivals(history: Week, seed: int) -> list[Batch]:
    random = Random(seed)
    first = min(f.executed_at for f in history.fills)
    last = max(f.executed_at for f in history.fills)
    batches = [Batch() for _ in range(BATCHES)]

    def batch_of(at: Any, since: int = 0) -> int:
        share = (at - first) / (last - first) if last > first else 0
        in_time = max(since, min(BATCHES - 1, max(0, int(share * BATCHES))))
        return random.randrange(in_time, BATCHES) if random.random() < 0.1 else in_time

    came: dict[str, int] = {}
    for fill in sorted(history.fills, key=lambda f: f.corrects is not None):
        came[fill.fill_id] = batch_of(fill.executed_at, came.get(str(fill.corrects), 0))
        batches[came[fill.fill_id]].fills.append(fill)
    for tick in history.ticks:
        batches[batch_of(tick.event_at)].ticks.append(tick)
    for payment in history.funding:
        batches[batch_of(payment.occurred_at)].funding.append(payment)
    for lot in history.lots:
        batches[batch_of(lot.executed_at)].lots.append(lot)
    batches[0].reporting = history.reporting
    return batches


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32), length=st.integers(10, 40))
def test_extending_equals_building_whole(engine_name: str, seed: int, length: int) -> None:
    assert_same_however_built(engine_name, Week(seed, length), seed)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32), length=st.integers(3, 20))
def test_days_far_apart(engine_name: str, seed: int, length: int) -> None:
    assert_same_however_built(engine_name, Quarter(seed, length), seed)


def test_later_facts_extend_trades_and_days(engine_name: str) -> None:
    actions = assert_same_however_built(engine_name, Week(11, 40), 11)
    for table in (
        "int_daily_activity", "int_daily_positions", "int_trades", "int_trade_results",
        "daily_pnl", "trades",
    ):  # fmt: skip
        assert actions[table] is Action.EXTEND


def assert_same_however_built(engine_name: str, history: Week, seed: int) -> dict[str, Action]:
    return built_in_parts(engine_name, arrivals(history, seed))[0]


def built_in_parts(
    engine_name: str, batches: Iterable[Batch]
) -> tuple[dict[str, Action], dict[str, list[str]]]:
    """What the last build did, and the rows, which are those of one that makes all anew."""
    ledger, known = empty_ledger(engine_name), set[str]()
    try:
        for n, batch in enumerate(batches, start=1):
            append(ledger, n, batch, known)
            actions = build(ledger, TABLES)
        return actions, rows_when_whole(ledger, TABLES)
    finally:
        ledger.close()


def test_a_book_whose_last_fill_is_busted_ends_earlier(engine_name: str) -> None:
    bought, _ = Week(1, 4).fills[:2]
    first = replace(
        bought, fee=ZERO, executed_at=EPOCH, recorded_at=EPOCH, side="BUY", kind="TRADE",
        corrects=None,
    )  # fmt: skip
    last = replace(
        first, fill_id=uid("last"), venue_id="last", executed_at=EPOCH + timedelta(days=9)
    )
    bust = replace(last, fill_id=uid("bust"), venue_id="bust", kind="BUST", corrects=last.fill_id)
    tick = Tick(first.instrument_id, first.price, EPOCH + timedelta(days=3), uid("tick"))
    actions, rows = built_in_parts(engine_name, (Batch([first, last], [tick]), Batch([bust])))
    assert actions["daily_pnl"] is Action.EXTEND
    assert len(rows["daily_pnl"]) == 4


def test_a_book_whose_only_fill_is_busted_has_no_trade(engine_name: str) -> None:
    only = replace(
        Week(1, 4).fills[0], fee=ZERO, executed_at=EPOCH, recorded_at=EPOCH, kind="TRADE",
        corrects=None,
    )  # fmt: skip
    bust = replace(only, fill_id=uid("bust"), venue_id="bust", kind="BUST", corrects=only.fill_id)
    actions, rows = built_in_parts(engine_name, (Batch([only]), Batch([bust])))
    assert actions["trades"] is Action.EXTEND
    assert rows["trades"] == []


def test_lots_that_new_fills_do_not_reach_stay(engine_name: str) -> None:
    """A sell takes the first lot of three and a part of the second; what is bought later waits."""
    bought, _ = Week(1, 4).fills[:2]
    first = replace(
        bought, fee=ZERO, quantity=Decimal(3), executed_at=EPOCH, recorded_at=EPOCH, side="BUY",
        kind="TRADE", corrects=None,
    )  # fmt: skip

    def later(name: str, hours: int, **different: Any) -> Fill:
        at = EPOCH + timedelta(hours=hours)
        return replace(first, fill_id=uid(name), venue_id=name, executed_at=at, **different)

    batches = (
        Batch([first, later("second", 1), later("third", 2)]),
        Batch([later("sold", 3, side="SELL", quantity=Decimal(4)), later("fourth", 4)]),
    )
    ledger, known = empty_ledger(engine_name), set[str]()
    try:
        for n, batch in enumerate(batches, start=1):
            append(ledger, n, batch, known)
            build(ledger, TABLES)
        rematched = ledger.query("select fill_id from int_rematched_fills").rows
        reached = {str(fill_id) for (fill_id,) in rematched}
        assert reached == {first.fill_id, uid("second"), uid("sold"), uid("fourth")}
        rows = rows_when_whole(ledger, TABLES)
    finally:
        ledger.close()
    assert [len(rows[name]) for name in ("lot_matches", "open_lots")] == [2, 3]
