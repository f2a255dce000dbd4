"""Instruments, and prices through the days."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

START = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 5
END = START + timedelta(days=DAYS)
TICK_EVERY = timedelta(minutes=30)
D = Decimal


@dataclass(frozen=True)
class Instrument:
    symbol: str
    base: str
    quote: str
    settle: str
    kind: str
    multiplier: Decimal
    tick: Decimal
    lot: Decimal
    start: Decimal  # first mid price
    swing: Decimal  # largest relative step from tick to tick

    def cost(self, quantity: Decimal, price: Decimal) -> Decimal:
        """What a trade is worth, in the settlement currency."""
        if self.kind == "INVERSE":
            return quantity * self.multiplier / price
        return quantity * price * self.multiplier


INSTRUMENTS = {
    i.symbol: i
    for i in (
        Instrument("BTC-USDT", "BTC", "USDT", "USDT", "SPOT", D(1), D("0.1"), D("0.0001"),
                   D("64250.5"), D("0.004")),
        Instrument("ETH-USDT", "ETH", "USDT", "USDT", "SPOT", D(1), D("0.01"), D("0.001"),
                   D("3412.37"), D("0.005")),
        Instrument("BNB-USDT", "BNB", "USDT", "USDT", "SPOT", D(1), D("0.01"), D("0.001"),
                   D("571.2"), D("0.004")),
        Instrument("BTC-PERP", "BTC", "USDT", "USDT", "LINEAR", D("0.001"), D("0.1"), D(1),
                   D("64271.9"), D("0.004")),
        Instrument("SOL-PERP", "SOL", "USDT", "USDT", "LINEAR", D(1), D("0.001"), D("0.1"),
                   D("142.318"), D("0.007")),
        Instrument("BTC-USD-INV", "BTC", "USD", "BTC", "INVERSE", D(100), D("0.5"), D(1),
                   D("64233.5"), D("0.004")),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Tick:
    symbol: str
    bid: Decimal
    ask: Decimal
    at: datetime

    @property
    def mid(self) -> Decimal:
        return (self.bid + self.ask) / 2


def to_step(value: Decimal, step: Decimal) -> Decimal:
    """The multiple of `step` nearest to `value`."""
    return (value / step).quantize(D(1), rounding=ROUND_HALF_EVEN) * step


def walk(seed: int) -> dict[str, list[Tick]]:
    """Ticks of each instrument, from START, every half hour."""
    found = {}
    for number, instrument in enumerate(INSTRUMENTS.values()):
        rng = random.Random(seed + number)
        mid, at, ticks = instrument.start, START, []
        while at < END:
            half = max(to_step(mid / 20_000, instrument.tick), instrument.tick)
            mid = to_step(mid, instrument.tick)
            ticks.append(Tick(instrument.symbol, mid - half, mid + half, at))
            step = D(rng.randint(-1000, 1004)) / 1000 * instrument.swing
            mid *= 1 + step
            at += TICK_EVERY
        found[instrument.symbol] = ticks
    return found
