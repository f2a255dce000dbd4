"""Exchange rates in plain fractions: what the currency models are compared with.

Written from docs/currencies.md, not from the SQL: a moment's rate is looked for among all ticks,
every time anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

BRIDGES = ("USDT", "USD", "USDC", "BTC", "EUR")
LARGEST = 5 * 10**13


class Priced(Protocol):
    """An instrument, as far as it prices one currency in another."""

    @property
    def instrument_id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def base(self) -> str: ...
    @property
    def quote(self) -> str: ...


class Seen(Protocol):
    """A tick."""

    @property
    def instrument_id(self) -> str: ...
    @property
    def mid(self) -> Decimal: ...
    @property
    def event_at(self) -> datetime: ...
    @property
    def tick_id(self) -> str: ...


@dataclass(frozen=True)
class Leg:
    """One instrument's price, and whether an amount is divided by it."""

    instrument_id: str
    is_inverted: bool
    price: Decimal
    priced_at: datetime


@dataclass(frozen=True)
class Rate:
    """One leg, or two through the currency `via`."""

    legs: tuple[Leg, ...]
    via: str | None = None

    @property
    def rated_at(self) -> datetime:
        return min(leg.priced_at for leg in self.legs)

    def convert(self, amount: Decimal) -> Decimal | None:
        """Exact, then rounded half away from zero at 12 decimals; None where it is too large."""
        times = over = Fraction(1)
        for leg in self.legs:
            if leg.is_inverted:
                over *= Fraction(leg.price)
            else:
                times *= Fraction(leg.price)
        product = abs(Fraction(amount)) * times
        are_direct = len(self.legs) == 2 and not any(leg.is_inverted for leg in self.legs)
        if max(product, product / over, times if are_direct else 0) >= LARGEST:
            return None
        units = product / over * 10**12
        whole = units.numerator // units.denominator
        whole += units - whole >= Fraction(1, 2)
        return Decimal(-whole if amount < 0 else whole).scaleb(-12)


class Rates:
    """The rate between two currencies at any moment."""

    def __init__(
        self,
        instruments: Iterable[Priced],
        ticks: Iterable[Seen],
        bridges: Sequence[str] = BRIDGES,
    ) -> None:
        self.instruments = list(instruments)
        self.ticks = [t for t in ticks if t.mid > 0]
        self.bridges = list(bridges)

    def latest(self, instrument_id: str, at: datetime) -> Seen | None:
        seen = [t for t in self.ticks if t.instrument_id == instrument_id and t.event_at <= at]
        return max(seen, key=lambda t: (t.event_at, t.tick_id), default=None)

    def leg(self, from_: str, to: str, at: datetime) -> Leg | None:
        """Spot before derivatives, a direct price before an inverted one, then by name."""
        found = []
        for i in self.instruments:
            tick = self.latest(i.instrument_id, at)
            if tick and (i.base, i.quote) in ((from_, to), (to, from_)):
                is_inverted = i.base == to
                leg = Leg(i.instrument_id, is_inverted, tick.mid, tick.event_at)
                found.append(((i.kind != "SPOT", is_inverted, i.instrument_id), leg))
        return min(found, key=lambda pair: pair[0])[1] if found else None

    def at(self, from_: str, to: str, at: datetime) -> Rate | None:
        """One leg if there is one; else through the first currency that both legs reach."""
        straight = self.leg(from_, to, at)
        if straight:
            return Rate((straight,))
        others = {c for i in self.instruments for c in (i.base, i.quote)} - {from_, to}
        order = {currency: place for place, currency in enumerate(self.bridges)}
        for via in sorted(others, key=lambda c: (order.get(c, len(order)), c)):
            first, second = self.leg(from_, via, at), self.leg(via, to, at)
            if first and second:
                return Rate((first, second), via)
        return None

    def is_routed(self, from_: str, to: str) -> bool:
        """Whether any instrument, or any two, could convert between them, priced or not."""
        pairs = {frozenset((i.base, i.quote)) for i in self.instruments}
        others = {c for pair in pairs for c in pair} - {from_, to}
        return frozenset((from_, to)) in pairs or any(
            frozenset((from_, via)) in pairs and frozenset((via, to)) in pairs for via in others
        )

    def missing_reason(self, from_: str, to: str, at: datetime) -> str:
        """Why an amount was not converted."""
        if self.at(from_, to, at):
            return "TOO_LARGE"
        return "NO_TICK" if self.is_routed(from_, to) else "NO_INSTRUMENT"
