"""A few hundred ordinary orders, so that tables have something to aggregate."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal

from tests.demo.market import INSTRUMENTS, START, D, to_step
from tests.demo.story import is_stopped
from tests.demo.world import Order, World, iso

BOOKS = {
    "alpha": ("BTC-USDT", "ETH-USDT", "BTC-PERP"),
    "beta": ("SOL-PERP", "BTC-USD-INV", "BTC-PERP"),
    "gamma": ("BNB-USDT", "ETH-USDT", "SOL-PERP"),
}
SIZES = {
    "BTC-USDT": ("0.01", "0.25"), "ETH-USDT": ("0.2", "4"), "BNB-USDT": ("0.5", "12"),
    "BTC-PERP": ("5", "150"), "SOL-PERP": ("2", "90"), "BTC-USD-INV": ("5", "160"),
}  # fmt: skip
ORDERS = 288
START_HOURS = 42  # after the story's flips, so that they stay visible


def trade(world: World) -> None:
    """Orders over the last days, one after another: each is over before the next begins."""
    at = START + timedelta(hours=START_HOURS)
    before = dict(world.position)  # the story's own holdings, which the crowd leaves alone
    step = timedelta(minutes=15)
    for number in range(ORDERS):
        at += step + timedelta(seconds=world.rng.randint(0, 60))
        account = world.rng.choice(sorted(BOOKS))
        symbol = world.rng.choice(BOOKS[account])
        held = world.position[account, symbol] - before.get((account, symbol), D(0))
        _order(world, account, symbol, at, number, held)


def _order(
    world: World, account: str, symbol: str, at: datetime, number: int, held: Decimal
) -> None:
    instrument, rng = INSTRUMENTS[symbol], world.rng
    low, high = (D(size) for size in SIZES[symbol])
    quantity = to_step(low + (high - low) * D(rng.randint(0, 1000)) / 1000, instrument.lot)
    side = rng.choice(("BUY", "SELL"))
    if instrument.kind == "SPOT" and held < quantity:
        side = "BUY"  # nothing is sold that is not held
    is_limit = rng.random() < 0.6
    away = D(rng.randint(1, 12)) / 10_000
    limit = world.price(symbol, at, str(-away if side == "BUY" else away)) if is_limit else None
    signal = _signal(world, account, symbol, side, at, number) if number % 9 == 0 else ""
    if is_stopped(account, at):
        world.request(
            account,
            symbol,
            side,
            quantity,
            at,
            limit=limit,
            signal=signal,
            action="BLOCKED",
            rule="kill_switch",
        )
        return
    warned = rng.random() < 0.05
    request = world.request(
        account,
        symbol,
        side,
        quantity,
        at,
        limit=limit,
        signal=signal,
        action="WARNED" if warned else "ALLOWED",
    )
    order = world.send(
        account,
        symbol,
        side,
        quantity,
        at + timedelta(milliseconds=120),
        limit=limit,
        request=request,
    )
    _live(world, order, rng.random(), limit or world.price(symbol, at))


def _signal(world: World, account: str, symbol: str, side: str, at: datetime, number: int) -> str:
    name = f"sig-{number + 100:04d}"
    confidence = D(world.rng.randint(500, 990)) / 1000
    world.add(
        "canonical-signals",
        signal_id=name,
        cycle_id=f"cycle-{at:%m%d%H}",
        symbol=symbol,
        side=side,
        confidence=str(confidence),
        occurred_at=iso(at - timedelta(seconds=1)),
        account=account,
        strategy_payload=json.dumps({"strategy": "mean_reversion"}),
    )
    return name


def _live(world: World, order: Order, fate: float, price: Decimal) -> None:
    """What becomes of an order: mostly it fills, in one to four parts."""
    if fate < 0.04:
        world.event(
            order,
            "REJECTED",
            "REJECTED",
            "REJECTED",
            error_code="PRICE_FILTER",
            reason="price outside of the band",
        )
        return
    world.accept(order)
    if fate < 0.12:
        world.event(
            order,
            "CANCELLED",
            "CANCELLED",
            "CANCELED",
            after_ms=45_000,
            reason="cancelled by the trader",
        )
        return
    if fate < 0.14:
        return  # rests in the book
    parts = _parts(world, order)
    cut = fate < 0.22 and len(parts) > 1
    for part in parts[:-1] if cut else parts:
        slip = D(world.rng.randint(-2, 2)) * order.instrument.tick
        world.fill(
            order,
            part,
            price if order.limit else price + slip,
            after_ms=world.rng.randint(200, 20_000),
            fee=_fee_currency(world, order),
        )
    if cut and fate < 0.20:
        world.event(
            order,
            "CANCELLED",
            "CANCELLED",
            "CANCELED",
            after_ms=30_000,
            reason="rest cancelled by the trader",
        )


def _parts(world: World, order: Order) -> list[Decimal]:
    count = world.rng.choice((1, 1, 1, 2, 2, 3, 4))
    rest, parts = order.quantity, []
    for left in range(count, 1, -1):
        part = to_step(rest / left, order.instrument.lot)
        if part:
            parts.append(part)
            rest -= part
    return [*parts, rest]


def _fee_currency(world: World, order: Order) -> str:
    if order.account == "alpha" and order.instrument.kind == "SPOT":
        return "BNB" if world.rng.random() < 0.3 else ""
    if order.account == "gamma" and order.instrument.kind == "SPOT" and order.side == "BUY":
        return order.instrument.base if world.rng.random() < 0.4 else ""
    return ""
