"""What is in force of the fills, the positions they make, and the funding those pay."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

from tests.demo.market import DAYS, INSTRUMENTS, START, D
from tests.demo.world import EIGHT_PLACES, Row, World, iso


def pay(world: World) -> None:
    """Every eight hours, longs of a perpetual pay shorts at the hour's rate."""
    for hours in range(8, DAYS * 24, 8):
        at = START + timedelta(hours=hours)
        rate = D((hours * 7) % 23 - 9) / 100_000
        for (account, symbol), quantity in sorted(positions_at(world, at).items()):
            instrument = INSTRUMENTS[symbol]
            if instrument.kind == "SPOT" or not quantity:
                continue
            worth = instrument.cost(quantity, world.tick(symbol, at).mid)
            amount = (-worth * rate).quantize(EIGHT_PLACES)
            currency = instrument.settle
            world.cash(account, "FUNDING", amount, currency, at, symbol=symbol, reason="funding")


def effective_fills(world: World) -> list[Row]:
    """Fills in force: busted ones left out, corrected ones as corrected."""
    fills = world.rows["canonical-fills"]
    replaced = {f["corrects_fill_id"]: f for f in fills if f["corrects_fill_id"]}
    found = []
    for fill in fills:
        if fill["kind"] != "TRADE":
            continue
        change = replaced.get(fill["fill_id"])
        if change is None:
            found.append(fill)
        elif change["kind"] == "CORRECTION":
            found.append({**fill, "price": change["price"]})
    return sorted(found, key=lambda f: (f["executed_at"], f["fill_id"]))


def positions_at(world: World, at: datetime) -> dict[tuple[str, str], Decimal]:
    """Signed quantity of each (account, symbol) before a moment."""
    found: defaultdict[tuple[str, str], Decimal] = defaultdict(D)
    for fill in effective_fills(world):
        if fill["executed_at"] < iso(at):
            signed = D(fill["quantity"]) * (1 if fill["side"] == "BUY" else -1)
            found[fill["account"], fill["symbol"]] += signed
    return found
