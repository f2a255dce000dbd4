"""Breaks found as facts and statements come in, in any order, are those of a ledger built whole."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.build.plan import Action
from runner.engines.base import Engine
from tests.models.extending import build, recorded, rows_when_whole
from tests.models.facts import EPOCH, insert, uid, write
from tests.models.harness import empty_ledger
from tests.oracle import Fill, Instrument

EXAMPLES = int(os.environ.get("INCREMENTAL_EXAMPLES", "1"))  # on each engine
SPOT = Instrument("BTC-USDT", "SPOT", "BTC", "USDT", "USDT")
TABLES = (
    "int_fills_named", "exchange_reconciliation", "reconciliation_summary", "opening_adjustments",
)  # fmt: skip
FACTS = (
    "instruments", "orders", "order_fills", "statements", "statement_fills", "statement_balances",
)  # fmt: skip
HOURS = 96
KEPT = timedelta(days=30)  # as a venue goes on stating them


def fills(random: Random) -> list[Fill]:
    """Some that a later one amends, after it."""
    traded: list[Fill] = []
    for n in range(random.randint(1, 14)):
        at = EPOCH + timedelta(hours=random.randint(0, HOURS))
        account = random.choice("AB")
        traded.append(
            Fill(
                uid("fill", n), uid("order", account, n), account, SPOT.instrument_id,
                random.choice(("BUY", "SELL")), Decimal(random.randint(1, 3)),
                Decimal(random.randint(90, 110)), Decimal("0.1"), "USDT", at, at,
            )
        )  # fmt: skip
    for n, fill in enumerate(random.sample(traded, len(traded) // 4)):
        amended = replace(
            fill, fill_id=uid("amendment", n), corrects=fill.fill_id,
            kind=random.choice(("BUST", "CORRECTION")), quantity=Decimal(5),
        )  # fmt: skip
        traded.insert(random.randint(traded.index(fill) + 1, len(traded)), amended)
    return traded


def state(ledger: Engine, random: Random, number: int, told: list[Fill], batch_id: int) -> None:
    """A statement of some hours: it may name fills it does not cover, and miss some it does."""
    account = random.choice("AB")
    start = EPOCH + timedelta(hours=random.randint(0, HOURS))
    end = start + timedelta(hours=random.randint(1, HOURS // 2))
    statement, at = uid("statement", number), EPOCH + KEPT + timedelta(hours=number)
    known = {"recorded_at": at, "batch_id": batch_id}
    insert(
        ledger,
        "statements",
        [
            {
                "statement_id": statement, "venue": "TEST", "account_id": account,
                "period_start": start, "period_end": end,
                "instrument_id": random.choice((None, SPOT.instrument_id)), **known,
            }
        ],
    )  # fmt: skip
    insert(
        ledger,
        "statement_fills",
        [
            {
                "statement_fill_id": uid("line", number, n), "statement_id": statement,
                "exchange_order_id": "X", "exchange_fill_id": fill.fill_id,
                "instrument_id": fill.instrument_id, "side": fill.side,
                "quantity": fill.quantity + random.choice((0, 0, 0, 1)), "price": fill.price,
                "fee_amount": fill.fee, "fee_currency": fill.fee_currency,
                "executed_at": _stated_at(random, fill, start, end), **known,
            }
            for n, fill in enumerate(told)
            if fill.account_id == account and random.random() < 0.7
        ],
    )  # fmt: skip
    insert(
        ledger,
        "statement_balances",
        [
            {
                "statement_balance_id": uid("position", number), "statement_id": statement,
                "kind": "POSITION", "currency": None, "instrument_id": SPOT.instrument_id,
                "amount": Decimal(random.randint(-3, 3)), "average_price": Decimal(100),
                "stated_at": end, **known,
            }
        ]
        if random.random() < 0.5
        else [],
    )  # fmt: skip


def _stated_at(random: Random, fill: Fill, start: datetime, end: datetime) -> datetime:
    return fill.executed_at if start <= fill.executed_at < end else random.choice((start, end))


def assert_same_however_built(engine_name: str, seed: int) -> tuple[dict[str, Action], int]:
    """What the last build did, and how many fills were named on the way by no statement of them."""
    random = Random(seed)
    ledger, known, named = empty_ledger(engine_name), set[str](), 0
    traded = fills(random)
    try:
        for batch_id in range(1, 5):
            share = -(-len(traded) * batch_id // 4)
            arrived = traded[-(-len(traded) * (batch_id - 1) // 4) : share]
            with recorded(ledger, batch_id, FACTS):
                write(
                    ledger,
                    [SPOT] if batch_id == 1 else [],
                    arrived,
                    batch_id=batch_id,
                    known_orders=known,
                )
                for number in range(random.choice((0, 1, 1, 2))):
                    told = [f for f in traded if f.corrects is None]
                    state(ledger, random, 10 * batch_id + number, told, batch_id)
            known |= {fill.order_id for fill in arrived}
            actions = build(ledger, TABLES)
            named += ledger.row_count("int_fills_named")
        rows_when_whole(ledger, TABLES)
    finally:
        ledger.close()
    return actions, named


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_extending_equals_building_whole(engine_name: str, seed: int) -> None:
    assert_same_however_built(engine_name, seed)


def test_fills_that_are_named_alone_are_extended(engine_name: str) -> None:
    actions, named = assert_same_however_built(engine_name, 3)
    assert actions["int_fills_named"] is Action.EXTEND
    assert named
