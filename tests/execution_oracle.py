"""Execution quality in plain fractions: what order_slippage is compared with.

Written from docs/execution.md, not from the SQL: every order looks through all ticks and all fills
by itself. Numbers are fractions until the figure that the page says is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.oracle import Fill, Instrument, effective
from tests.shortfall_oracle import costs, rounded

FINAL = ("CANCELLED", "REJECTED", "EXPIRED", "FAILED")
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Quote:
    instrument_id: str
    bid: Decimal
    ask: Decimal
    event_at: datetime

    @property
    def mid(self) -> Decimal:
        return (self.bid + self.ask) / 2


@dataclass(frozen=True)
class Order:
    """What is stated of an order; `terminal` is its last status event, if any came after ACCEPTED.

    An order without a quantity is one first seen on its fills.
    """

    order_id: str
    account_id: str
    instrument_id: str
    side: str
    quantity: Decimal | None
    sent_at: datetime
    request_id: str | None = None
    requested_at: datetime | None = None
    acknowledged_at: datetime | None = None
    terminal: str | None = None
    terminal_at: datetime | None = None
    amended_quantity: Decimal | None = None


class Execution:
    """order_slippage for the facts given."""

    def __init__(
        self,
        instruments: Iterable[Instrument],
        quotes: Iterable[Quote],
        orders: Iterable[Order],
        fills: list[Fill],
        *,
        negative: Iterable[str] = (),
        horizon: timedelta = timedelta(seconds=300),
        max_age: timedelta = timedelta(days=1),
    ) -> None:
        self.instruments = {i.instrument_id: i for i in instruments}
        allowed = set(negative)
        self.quotes = [q for q in quotes if q.mid > 0 or q.instrument_id in allowed]
        self.orders = list(orders)
        self.fills = effective(fills)
        self.horizon, self.max_age = horizon, max_age

    def order_slippage(self) -> dict[str, dict[str, Any]]:
        return {order.order_id: self._row(order) for order in self.orders}

    # the market

    def _last(self, instrument_id: str, at: datetime) -> Quote | None:
        known = [q for q in self.quotes if q.instrument_id == instrument_id and q.event_at <= at]
        return max(known, key=lambda q: q.event_at) if known else None

    def _at(self, instrument_id: str, at: datetime) -> tuple[Quote | None, str | None]:
        """The quote at a moment, or why it cannot be told."""
        quote = self._last(instrument_id, at)
        if quote is None:
            return None, "NO_TICK"
        if quote.event_at < at - self.max_age:
            return None, "STALE_TICK"
        return quote, None

    def _close(self, instrument_id: str, day: datetime) -> Quote | None:
        known = [
            q
            for q in self.quotes
            if q.instrument_id == instrument_id and q.event_at.date() == day.date()
        ]
        return max(known, key=lambda q: q.event_at) if known else None

    def _twap(self, instrument_id: str, start: datetime, stop: datetime) -> Decimal:
        changes = [
            q.event_at
            for q in self.quotes
            if q.instrument_id == instrument_id and start < q.event_at < stop
        ]
        moments = [start, *sorted(changes), stop]
        area = Fraction(0)
        for a, b in pairwise(moments):
            quote = self._last(instrument_id, a)
            assert quote
            area += Fraction(quote.mid) * ((b - a) // MICROSECOND)
        if start == stop:
            quote = self._last(instrument_id, start)
            assert quote
            return quote.mid
        return rounded(area / ((stop - start) // MICROSECOND))

    # one order

    def _row(self, order: Order) -> dict[str, Any]:
        i = self.instruments[order.instrument_id]
        sign = 1 if order.side == "BUY" else -1
        fills = [f for f in self.fills if f.order_id == order.order_id]
        quantity = order.amended_quantity or order.quantity
        filled = sum((f.quantity for f in fills), Decimal(0))
        unexecuted = None if quantity is None else max(quantity - filled, Decimal(0))
        first = min((f.executed_at for f in fills), default=None)
        last = max((f.executed_at for f in fills), default=None)
        ended = self._ended(order, quantity, filled, last)
        row: dict[str, Any] = {
            "account_id": order.account_id,
            "instrument_id": order.instrument_id,
            "side": order.side,
            "currency": i.settlement,
            "quantity": quantity,
            "filled_quantity": filled,
            "unexecuted_quantity": unexecuted,
            "requested_at": order.requested_at,
            "sent_at": None if quantity is None else order.sent_at,
            "acknowledged_at": order.acknowledged_at,
            "first_filled_at": first,
            "last_filled_at": last,
            "ended_at": ended,
        }
        row |= self._latencies(order, first)
        row |= self._prices(order, row, fills)
        average = row["average_fill_price"]
        for name in ("arrival", "sent", "vwap", "twap", "close"):
            price = row[
                f"{name}_mid" if name in ("arrival", "sent", "close") else f"interval_{name}"
            ]
            known = average is not None and price is not None and price > 0
            row[f"slippage_{name}_bps"] = (
                rounded(sign * Fraction(average - price) * 10_000 / Fraction(price))
                if known
                else None
            )
        for name, mid in (("effective_spread", "fill_mid"), ("realized_spread", "later_mid")):
            row[name] = None if row[mid] is None else 2 * sign * (average - row[mid])
        impact = (row["effective_spread"], row["realized_spread"])
        row["price_impact"] = None if None in impact else impact[0] - impact[1]
        return row | costs(i, sign, row, fills)

    def _ended(
        self, order: Order, quantity: Decimal | None, filled: Decimal, last: datetime | None
    ) -> datetime | None:
        if filled > 0 and quantity is not None and filled >= quantity:
            return last
        if order.terminal in FINAL:
            assert order.terminal_at
            return max(order.terminal_at, last or order.terminal_at)
        return last if quantity is None and filled > 0 else None

    def _latencies(self, order: Order, first: datetime | None) -> dict[str, Any]:
        def since(moment: datetime | None) -> int | None:
            if moment is None or order.requested_at is None:
                return None
            # whole milliseconds, toward zero
            return int((moment - order.requested_at) / MICROSECOND / 1000)

        def why(moment: datetime | None, missing: str) -> str | None:
            if order.requested_at is None:
                return "NO_REQUEST"
            return missing if moment is None else None

        return {
            "latency_ms": since(first),
            "latency_reason": why(first, "NO_FILL"),
            "acknowledgement_latency_ms": since(order.acknowledged_at),
            "acknowledgement_reason": why(order.acknowledged_at, "NO_ACKNOWLEDGEMENT"),
        }

    def _prices(self, order: Order, row: dict[str, Any], fills: list[Fill]) -> dict[str, Any]:
        name = order.instrument_id
        arrival, arrival_reason = (
            self._at(name, order.requested_at) if order.requested_at else (None, "NO_REQUEST")
        )
        sent, sent_reason = (
            self._at(name, row["sent_at"]) if row["sent_at"] else (None, "NO_SEND_TIME")
        )
        end = self._close(name, row["ended_at"]) if row["ended_at"] else None
        end_reason = "ORDER_OPEN" if row["ended_at"] is None else None if end else "NO_TICK"
        prices: dict[str, Any] = {
            "arrival_bid": arrival and arrival.bid,
            "arrival_ask": arrival and arrival.ask,
            "arrival_mid": arrival and arrival.mid,
            "arrival_tick_at": arrival and arrival.event_at,
            "arrival_reason": arrival_reason,
            "quoted_spread": arrival and arrival.ask - arrival.bid,
            "sent_mid": sent and sent.mid,
            "sent_tick_at": sent and sent.event_at,
            "sent_reason": sent_reason,
            "end_mid": end and end.mid,
            "end_reason": end_reason,
        }
        if not fills:
            unknown = ["average_fill_price", "fill_mid", "interval_twap", "later_mid"]
            unknown += ["interval_vwap", "close_mid", "close_tick_at"]
            reasons = ["fill", "fill_mid", "later_mid", "vwap", "close"]
            return prices | dict.fromkeys(unknown) | {f"{r}_reason": "NO_FILL" for r in reasons}
        first, last = row["first_filled_at"], row["last_filled_at"]
        close = self._close(name, last)
        at_fill, fill_reason = self._mean_mid(fills, timedelta(0))
        later, later_reason = self._mean_mid(fills, self.horizon)
        quoted_at = [q.event_at for q in self.quotes if q.instrument_id == name]
        if later_reason != "NO_TICK" and max(quoted_at) < last + self.horizon:
            later, later_reason = None, "NO_LATER_TICK"
        vwap = self._vwap(order, first, last)
        return prices | {
            "average_fill_price": rounded(_mean((f.price, f.quantity) for f in fills)),
            "fill_reason": None,
            "fill_mid": at_fill,
            "interval_twap": None if fill_reason else self._twap(name, first, last),
            "fill_mid_reason": fill_reason,
            "later_mid": later,
            "later_mid_reason": later_reason,
            "interval_vwap": vwap,
            "vwap_reason": "OWN_FILLS_ONLY" if vwap is None else None,
            "close_mid": close and close.mid,
            "close_tick_at": close and close.event_at,
            "close_reason": None if close else "NO_TICK",
        }

    def _mean_mid(self, fills: list[Fill], after: timedelta) -> tuple[Decimal | None, str | None]:
        found = [self._at(f.instrument_id, f.executed_at + after) for f in fills]
        for reason in ("NO_TICK", "STALE_TICK"):
            if any(r == reason for _, r in found):
                return None, reason
        pairs = ((q.mid, f.quantity) for (q, _), f in zip(found, fills, strict=True) if q)
        return rounded(_mean(pairs)), None

    def _vwap(self, order: Order, first: datetime, last: datetime) -> Decimal | None:
        traded = [
            f
            for f in self.fills
            if f.instrument_id == order.instrument_id and first <= f.executed_at <= last
        ]
        if all(f.order_id == order.order_id for f in traded):
            return None
        value = sum(
            (Fraction(rounded(Fraction(f.quantity) * Fraction(f.price), 18)) for f in traded),
            Fraction(0),
        )
        return rounded(value / Fraction(sum(f.quantity for f in traded)))


def _mean(pairs: Iterable[tuple[Decimal, Decimal]]) -> Fraction:
    """Of values by weights."""
    listed = [(Fraction(value), Fraction(weight)) for value, weight in pairs]
    return sum((v * w for v, w in listed), Fraction(0)) / sum((w for _, w in listed), Fraction(0))
