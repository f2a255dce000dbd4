"""The orders that show one thing each."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from tests.demo.market import INSTRUMENTS, START, D
from tests.demo.world import Order, World, iso


def moment(day: int, hour: int, minute: int = 0) -> datetime:
    return START + timedelta(days=day, hours=hour, minutes=minute)


def tell(world: World) -> None:
    lifecycle(world)
    short_and_flip(world)
    taken_back(world)
    late_fill(world)
    refused(world)
    fees_of_all_kinds(world)
    from_elsewhere(world)
    stopped(world)


def lifecycle(world: World) -> None:
    """The documents' example: signal, request, risk check, slices, partial fills, fees, close."""
    at = moment(0, 9, 12)
    world.add(
        "canonical-signals",
        signal_id="sig-0001",
        cycle_id=f"cycle-{at:%m%d%H}",
        symbol="BTC-USDT",
        side="BUY",
        confidence="0.82",
        occurred_at=iso(at),
        account="alpha",
        strategy_payload=json.dumps({"strategy": "breakout", "window": 96}),
    )
    limit = world.price("BTC-USDT", at, "0.0004")
    at += timedelta(seconds=2)
    request = world.request(
        "alpha", "BTC-USDT", "BUY", D("0.6"), at, limit=limit, signal="sig-0001"
    )
    for piece in (1, 2, 3):
        order = world.send(
            "alpha",
            "BTC-USDT",
            "BUY",
            D("0.2"),
            at + timedelta(minutes=piece),
            limit=limit,
            request=request,
            piece=(piece, 3),
        )
        world.accept(order)
        for part in ("0.05", "0.08", "0.07")[: 3 if piece < 3 else 2]:
            world.fill(order, D(part), limit - INSTRUMENTS["BTC-USDT"].tick * piece)
        if piece == 3:
            world.fill(order, D("0.07"), limit)
    at = moment(1, 14, 40)
    price = world.price("BTC-USDT", at, "0.011")
    request = world.request("alpha", "BTC-USDT", "SELL", D("0.6"), at, limit=price)
    order = world.send(
        "alpha",
        "BTC-USDT",
        "SELL",
        D("0.6"),
        at + timedelta(seconds=1),
        limit=price,
        request=request,
    )
    world.accept(order)
    world.fill(order, D("0.25"), price)
    world.fill(order, D("0.35"), price, maker=False)


def _trade(
    world: World,
    account: str,
    symbol: str,
    side: str,
    quantity: str,
    at: datetime,
    parts: tuple[str, ...] = (),
    fee: str = "",
) -> Order:
    """A market order, filled in full, in the parts named."""
    request = world.request(account, symbol, side, D(quantity), at)
    order = world.send(
        account, symbol, side, D(quantity), at + timedelta(milliseconds=250), request=request
    )
    world.accept(order)
    offset = "0.0001" if side == "BUY" else "-0.0001"
    for part in parts or (quantity,):
        world.fill(order, D(part), world.price(symbol, order.at, offset), fee=fee)
    return order


def short_and_flip(world: World) -> None:
    """A short, closed and turned long by one fill, then turned short again by one."""
    _trade(world, "alpha", "BTC-PERP", "SELL", "400", moment(0, 11), ("150", "250"))
    _trade(world, "alpha", "BTC-PERP", "BUY", "700", moment(0, 15, 30))
    _trade(world, "alpha", "BTC-PERP", "SELL", "500", moment(1, 10))
    _trade(world, "beta", "BTC-USD-INV", "BUY", "300", moment(0, 10), ("120", "180"))
    _trade(world, "beta", "BTC-USD-INV", "SELL", "450", moment(1, 9, 20))
    _trade(world, "beta", "BTC-USD-INV", "BUY", "150", moment(1, 15, 5))
    _trade(world, "gamma", "SOL-PERP", "SELL", "120.5", moment(0, 13), ("40.5", "80"))
    _trade(world, "gamma", "SOL-PERP", "BUY", "120.5", moment(1, 11, 45))


def taken_back(world: World) -> None:
    """A bust moves a filled order back; a correction changes a price."""
    at = moment(1, 12)
    order = _trade(world, "alpha", "BTC-PERP", "BUY", "100", at, ("60", "40"))
    world.bust(order, order.fills[1])
    order = _trade(world, "beta", "SOL-PERP", "BUY", "75", moment(1, 16), ("25", "50"))
    right = order.fills[0]
    world.correct(order, right, D(right["price"]) - D("0.25"))


def late_fill(world: World) -> None:
    """A fill that arrives after the venue confirmed the cancel: legal, and it counts."""
    at = moment(2, 9, 30)
    price = world.price("BTC-PERP", at, "-0.002")
    request = world.request("alpha", "BTC-PERP", "BUY", D(80), at, limit=price)
    order = world.send("alpha", "BTC-PERP", "BUY", D(80), at, limit=price, request=request)
    world.accept(order)
    world.fill(order, D(30), price)
    world.event(
        order,
        "CANCELLED",
        "CANCELLED",
        "CANCELED",
        after_ms=60_000,
        reason="cancelled by the trader",
    )
    world.fill(order, D(20), price, after_ms=35, late=True)


def refused(world: World) -> None:
    """Rejected by the venue, failed on the way after a retry, expired, replaced."""
    at = moment(2, 10)
    price = world.price("ETH-USDT", at, "-0.01")
    order = world.send(
        "alpha",
        "ETH-USDT",
        "BUY",
        D(50),
        at,
        limit=price,
        request=world.request("alpha", "ETH-USDT", "BUY", D(50), at, limit=price),
    )
    world.event(
        order,
        "REJECTED",
        "REJECTED",
        "REJECTED",
        error_code="INSUFFICIENT_BALANCE",
        reason="account has insufficient balance",
    )
    at = moment(2, 10, 20)
    order = world.send(
        "beta",
        "SOL-PERP",
        "SELL",
        D(10),
        at,
        request=world.request("beta", "SOL-PERP", "SELL", D(10), at),
    )
    world.event(order, "RETRIED", None, after_ms=2_000, retry_attempt=1, reason="timeout")
    world.event(
        order,
        "FAILED",
        "FAILED",
        after_ms=2_000,
        retry_attempt=2,
        error_code="TIMEOUT",
        reason="no answer from the venue",
    )
    at = moment(2, 14)
    price = world.price("ETH-USDT", at, "-0.03")
    order = world.send(
        "alpha",
        "ETH-USDT",
        "BUY",
        D("1.5"),
        at,
        limit=price,
        tif="DAY",
        request=world.request("alpha", "ETH-USDT", "BUY", D("1.5"), at, limit=price, tif="DAY"),
    )
    world.accept(order)
    order.at = at.replace(hour=23, minute=59, second=59)
    world.event(order, "EXPIRED", "EXPIRED", "EXPIRED", reason="end of day")
    at = moment(3, 9)
    price = world.price("BTC-PERP", at, "-0.001")
    order = world.send(
        "alpha",
        "BTC-PERP",
        "BUY",
        D(50),
        at,
        limit=price,
        request=world.request("alpha", "BTC-PERP", "BUY", D(50), at, limit=price),
    )
    world.accept(order)
    better = world.price("BTC-PERP", at, "0.0002")
    world.event(
        order,
        "REPLACED",
        None,
        "REPLACED",
        after_ms=90_000,
        order_quantity=D(40),
        limit_price=better,
    )
    order.quantity = D(40)
    world.fill(order, D(40), better)


def fees_of_all_kinds(world: World) -> None:
    """A fee in a third currency, and one in the base currency of a spot buy."""
    _trade(world, "alpha", "ETH-USDT", "BUY", "6", moment(1, 11, 15), ("2.5", "3.5"), fee="BNB")
    _trade(world, "alpha", "ETH-USDT", "SELL", "2", moment(2, 15, 10), fee="BNB")
    _trade(world, "gamma", "ETH-USDT", "BUY", "4", moment(0, 16, 45), ("1", "3"), fee="ETH")
    _trade(world, "gamma", "ETH-USDT", "SELL", "1.5", moment(3, 12, 30))
    # more decimals than a fact holds: kept as text, rounded, marked
    row = _trade(world, "gamma", "BNB-USDT", "BUY", "3", moment(1, 13, 5)).fills[0]
    row["fee_amount"] = "1.7123456789012345"


def from_elsewhere(world: World) -> None:
    """An order made on the venue's own screen: only its fills are known."""
    at = moment(3, 15, 20)
    order = Order("ext-0001", "alpha", INSTRUMENTS["ETH-USDT"], "BUY", D("0.75"), None, None, at)
    for part in ("0.25", "0.5"):
        world.fill(order, D(part), world.price("ETH-USDT", at, "0.0001"), maker=False)


def is_stopped(account: str, at: datetime) -> bool:
    """Whether the kill switch holds an account at a moment."""
    return (account == "beta" and moment(2, 12) <= at < moment(2, 13)) or (
        moment(3, 18) <= at < moment(3, 19)
    )


def stopped(world: World) -> None:
    """The kill switch, and an intent it blocks."""
    at = moment(2, 12)
    for account, enabled, hours, reason in (
        ("beta", True, 0, "drawdown limit reached"),
        ("beta", False, 1, "reviewed by risk"),
        ("", True, 30, "venue maintenance"),
        ("", False, 31, "maintenance over"),
    ):
        world.add(
            "canonical-kill-switch",
            enabled=str(enabled).lower(),
            occurred_at=iso(at + timedelta(hours=hours)),
            account=account,
            reason=reason,
            actor="risk-desk",
        )
    world.request(
        "beta",
        "SOL-PERP",
        "BUY",
        D(400),
        at + timedelta(minutes=20),
        action="BLOCKED",
        rule="kill_switch",
    )
    world.request(
        "alpha", "BTC-USDT", "BUY", D("9"), moment(3, 10), action="BLOCKED", rule="max_notional"
    )
