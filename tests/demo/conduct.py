"""Market-wide readings, tiers, clicks and journals, and the plant's own checks."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from tests.demo.market import DAYS, START, D
from tests.demo.world import TRADERS, World, iso, text


def behave(world: World) -> None:
    _readings(world)
    _activity(world)
    for account, tier in (("alpha", "HUNTER"), ("beta", "SNIPER"), ("gamma", "SNIPER")):
        world.add(
            "canonical-tier-events",
            account=account,
            tier=tier,
            occurred_at=iso(START),
            gates_passed=json.dumps(["profit_3_days"] if tier == "HUNTER" else []),
            locked_features=json.dumps(["leverage"] if tier == "SNIPER" else []),
        )
    world.add(
        "canonical-tier-events",
        account="beta",
        tier="HUNTER",
        occurred_at=iso(START + timedelta(days=3)),
        gates_passed=json.dumps(["profit_3_days"]),
        locked_features="[]",
    )
    world.add(
        "canonical-tilt-responses",
        account="beta",
        intervention="Four losses in a row. Take ten minutes?",
        response="taking a break",
        occurred_at=iso(START + timedelta(days=2, hours=12, minutes=4)),
    )
    for day in range(DAYS):
        passed = day != 2
        world.add(
            "canonical-smoke-runs",
            environment="devnet",
            status="PASSED" if passed else "FAILED",
            ran_at=iso(START + timedelta(days=day, hours=5)),
            rpc_latency_ms=140 + 35 * day,
            wallet_check="ok",
            tx_simulation="ok" if passed else "timeout",
        )


def _readings(world: World) -> None:
    for hours in range(0, DAYS * 24, 6):
        at = START + timedelta(hours=hours)
        price = world.tick("BTC-USDT", at).mid
        values = {
            "BTC_PRICE": price,
            "TOTAL_MARKET_CAP": (price * D("36500000")).quantize(D(1)),
            "FEAR_GREED_INDEX": D(40 + (hours * 5) % 37),
            "VIX_CRYPTO": D(520 + (hours * 11) % 170) / 10,
        }
        for name, value in values.items():
            world.add("canonical-readings", name=name, value=text(value), event_at=iso(at))


def _activity(world: World) -> None:
    for day in range(DAYS):
        for account, trader in TRADERS.items():
            start = START + timedelta(days=day, hours=8, minutes=len(account))
            _act(world, account, "LOGIN", start)
            _act(world, account, "LOGOUT", start + timedelta(hours=15))
            if account == "beta" and day in (2, 3):
                _act(
                    world,
                    account,
                    "JOURNAL",
                    start + timedelta(hours=5),
                    entry=f"{trader}: chased the move, sizes too large",
                )
    for order in world.orders:
        latency = 250 + (int(order.number[-4:]) * 37) % 900
        _act(
            world,
            order.account,
            "CLICK",
            order.at,
            click_latency_ms=latency,
            venue=order.venue,
            order_id=order.number,
        )
        if order.status == "CANCELLED":
            _act(
                world,
                order.account,
                "CANCEL",
                order.at + timedelta(milliseconds=1),
                venue=order.venue,
                order_id=order.number,
            )


def _act(world: World, account: str, kind: str, at: datetime, **more: object) -> None:
    world.add(
        "canonical-activity",
        account=account,
        kind=kind,
        occurred_at=iso(at),
        trader_id=TRADERS[account],
        click_latency_ms=more.get("click_latency_ms", ""),
        venue=more.get("venue", ""),
        order_id=more.get("order_id", ""),
        entry=more.get("entry", ""),
    )
