"""FIFO costs and PnL in plain `decimal` Python: what the SQL models are compared with.

Written from the design's words, not from the SQL: a deque a book, one fill after the other. The
two share no code and no formula but the definition of a rounded division.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

ZERO = Decimal(0)
STEP = Decimal("1e-12")
WIDE = Context(prec=200, rounding=ROUND_HALF_UP)
LIMIT = Decimal(10) ** 38 - 1


@dataclass(frozen=True)
class Instrument:
    instrument_id: str
    kind: str  # SPOT, LINEAR, INVERSE
    base: str
    quote: str
    settlement: str
    multiplier: Decimal = Decimal(1)


@dataclass(frozen=True)
class Fill:
    fill_id: str
    order_id: str
    account_id: str
    instrument_id: str
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_currency: str | None
    executed_at: datetime
    recorded_at: datetime
    kind: str = "TRADE"
    corrects: str | None = None
    liquidity: str | None = None


@dataclass(frozen=True)
class Tick:
    instrument_id: str
    mid: Decimal
    event_at: datetime
    tick_id: str


@dataclass(frozen=True)
class Funding:
    account_id: str
    instrument_id: str
    amount: Decimal
    currency: str


@dataclass
class Match:
    opening: Fill
    closing: Fill
    direction: str
    quantity: Decimal
    gross: Decimal
    opening_fee: Decimal | None
    closing_fee: Decimal | None

    @property
    def net(self) -> Decimal | None:
        if self.opening_fee is None or self.closing_fee is None:
            return None
        return self.gross - self.opening_fee - self.closing_fee


@dataclass
class Lot:
    fill: Fill
    sign: int
    size: Decimal  # units of the whole fill in its book
    taken: Decimal  # units of it already matched

    @property
    def left(self) -> Decimal:
        return self.size - self.taken


@dataclass
class Book:
    instrument: Instrument
    fills: list[Fill] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    lots: deque[Lot] = field(default_factory=deque)


def rounded(x: Decimal) -> Decimal:
    return x.quantize(STEP, context=WIDE)


def divide(a: Decimal, b: Decimal) -> Decimal | None:
    with localcontext(WIDE):
        if b == 0:
            return None
        # a quotient's 200 digits cannot hide which half a 12th decimal falls on: no double rounding
        return (a / b).quantize(STEP)


def prorate(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal | None:
    with localcontext(WIDE):
        if whole == 0:
            return None
        if abs(amount) / STEP * max(abs(part), abs(whole)) / STEP > LIMIT:
            part, whole = (x.quantize(Decimal("1e-6"), rounding=ROUND_DOWN) for x in (part, whole))
        return (amount * part / whole).quantize(STEP)


def total(values: Iterable[Decimal | None]) -> Decimal | None:
    """A sum that is unknown when any part is."""
    result = ZERO
    for value in values:
        if value is None:
            return None
        result += value
    return result


def effective(fills: list[Fill]) -> list[Fill]:
    newest: dict[str, Fill] = {}
    for fill in sorted(fills, key=lambda f: (f.recorded_at, f.fill_id)):
        if fill.corrects:
            newest[fill.corrects] = fill
    return [
        f
        for f in fills
        if f.fill_id not in newest
        and f.kind != "BUST"
        and (f.corrects is None or newest[f.corrects] is f)
    ]


class Ledger:
    """Everything the models derive, for the facts given."""

    def __init__(
        self,
        instruments: list[Instrument],
        fills: list[Fill],
        ticks: list[Tick] | None = None,
        funding: list[Funding] | None = None,
    ) -> None:
        self.instruments = {i.instrument_id: i for i in instruments}
        self.ticks = ticks or []
        self.funding = funding or []
        self.effective = effective(fills)
        self.books: dict[tuple[str, str], Book] = {}
        for known in [*fills, *self.funding]:
            key = (known.account_id, known.instrument_id)
            self.books.setdefault(key, Book(self.instruments[known.instrument_id]))
        for fill in sorted(self.effective, key=lambda f: (f.executed_at, f.fill_id)):
            self._apply(self.books[fill.account_id, fill.instrument_id], fill)

    # fees

    def _rate(self, fee: str, settlement: str, at: datetime) -> tuple[bool, Decimal] | None:
        """(is direct, mid) of the likeliest instrument with a tick by then."""
        candidates = []
        for i in self.instruments.values():
            if (i.base, i.quote) in ((fee, settlement), (settlement, fee)):
                known = [
                    t
                    for t in self.ticks
                    if t.instrument_id == i.instrument_id and t.event_at <= at and t.mid > 0
                ]
                if known:
                    last = max(known, key=lambda t: (t.event_at, t.tick_id))
                    direct = i.base == fee
                    rank = (i.kind != "SPOT", not direct, i.instrument_id)
                    candidates.append((rank, direct, last.mid))
        if not candidates:
            return None
        _, direct, mid = min(candidates)
        return direct, mid

    def fee(self, fill: Fill) -> Decimal | None:
        """The fill's fee in its instrument's settlement currency."""
        i = self.instruments[fill.instrument_id]
        if fill.fee == 0 or fill.fee_currency == i.settlement:
            return fill.fee
        if fill.fee_currency == i.base and i.settlement == i.quote:
            return rounded(WIDE.multiply(fill.fee, fill.price))
        if fill.fee_currency == i.quote and i.settlement == i.base:
            return divide(fill.fee, fill.price)
        assert fill.fee_currency
        found = self._rate(fill.fee_currency, i.settlement, fill.executed_at)
        if found is None:
            return None
        direct, mid = found
        return rounded(WIDE.multiply(fill.fee, mid)) if direct else divide(fill.fee, mid)

    def fee_share(self, fill: Fill, size: Decimal, start: Decimal, stop: Decimal) -> Decimal | None:
        fee = self.fee(fill)
        if fee is None:
            return None
        return prorate(fee, stop, size) - prorate(fee, start, size)  # type: ignore[operator]

    # lots

    def change(self, fill: Fill) -> Decimal:
        """Signed units the fill adds to its book."""
        i = self.instruments[fill.instrument_id]
        change = fill.quantity if fill.side == "BUY" else -fill.quantity
        if i.kind == "SPOT" and fill.fee_currency == i.base:
            change -= fill.fee
        return change

    def _apply(self, book: Book, fill: Fill) -> None:
        book.fills.append(fill)
        change = self.change(fill)
        sign = 1 if change > 0 else -1
        new = Lot(fill, sign, abs(change), ZERO)
        while new.left and book.lots and book.lots[0].sign != sign:
            old = book.lots[0]
            quantity = min(old.left, new.left)
            buy, sell = (old, new) if old.sign > 0 else (new, old)
            book.matches.append(
                Match(
                    old.fill,
                    fill,
                    "LONG" if old.sign > 0 else "SHORT",
                    quantity,
                    self.gross(book.instrument, quantity, buy.fill.price, sell.fill.price),
                    self.fee_share(old.fill, old.size, old.taken, old.taken + quantity),
                    self.fee_share(fill, new.size, new.taken, new.taken + quantity),
                )
            )
            old.taken += quantity
            new.taken += quantity
            if not old.left:
                book.lots.popleft()
        if new.left:
            book.lots.append(new)

    def gross(self, i: Instrument, quantity: Decimal, buy: Decimal, sell: Decimal) -> Decimal:
        size = rounded(WIDE.multiply(quantity, i.multiplier))
        if i.kind == "INVERSE":
            return divide(size, buy) - divide(size, sell)  # type: ignore[operator]
        return rounded(WIDE.multiply(sell - buy, size))

    # tables, as {key: {column: value}}

    def lot_matches(self) -> dict[Any, dict[str, Any]]:
        return {
            (m.opening.fill_id, m.closing.fill_id): {
                "direction": m.direction,
                "quantity": m.quantity,
                "open_price": m.opening.price,
                "close_price": m.closing.price,
                "gross_pnl": m.gross,
                "opening_fee": m.opening_fee,
                "closing_fee": m.closing_fee,
                "net_pnl": m.net,
            }
            for book in self.books.values()
            for m in book.matches
        }

    def _by_order(self) -> dict[str, list[Fill]]:
        orders: dict[str, list[Fill]] = defaultdict(list)
        for fill in self.effective:
            orders[fill.order_id].append(fill)
        return orders

    def order_pnl(self) -> dict[Any, dict[str, Any]]:
        closed: dict[str, list[Match]] = defaultdict(list)
        for book in self.books.values():
            for m in book.matches:
                closed[m.closing.order_id].append(m)
        rows = {}
        for order_id, fills in self._by_order().items():
            gross = sum((m.gross for m in closed[order_id]), ZERO)
            net = total(m.net for m in closed[order_id])
            rows[order_id] = {
                "closed_quantity": sum((m.quantity for m in closed[order_id]), ZERO),
                "realized_gross_pnl": gross,
                "fees": None if net is None else gross - net,
                "realized_net_pnl": net,
                "currency": self.instruments[fills[0].instrument_id].settlement,
            }
        return rows

    def order_costs(self) -> dict[Any, dict[str, Any]]:
        return {order_id: self._costs(fills) for order_id, fills in self._by_order().items()}

    def _costs(self, fills: list[Fill]) -> dict[str, Any]:
        i = self.instruments[fills[0].instrument_id]
        with localcontext(WIDE):
            quantity = sum((f.quantity for f in fills), ZERO)
            value = sum((f.quantity * f.price for f in fills), ZERO)
            sizes = [rounded(f.quantity * i.multiplier) for f in fills]
            if i.kind == "INVERSE":
                notional = total(divide(s, f.price) for s, f in zip(sizes, fills, strict=True))
            else:
                notional = rounded(sum((s * f.price for s, f in zip(sizes, fills, strict=True))))
            currencies = {f.fee_currency for f in fills if f.fee_currency}
            settled = total(self.fee(f) for f in fills)
            fees: list[Decimal | None]
            if len(currencies) == 1:
                currency, fees = currencies.pop(), [f.fee for f in fills]
            else:
                currency, fees = i.settlement, [self.fee(f) for f in fills]
            known = total(fees)
            rate = None
            if settled is not None and notional is not None:
                rate = divide(settled * 10000, abs(notional))
            return {
                "fill_count": len(fills),
                "filled_quantity": quantity,
                "average_fill_price": divide(value, quantity),
                "notional": notional,
                "fee_total": known,
                "fee_currency": currency,
                "fee_total_settlement": settled,
                "is_fee_converted": settled is not None,
                "fee_rate_bps": rate,
                "maker_quantity": sum((f.quantity for f in fills if f.liquidity == "MAKER"), ZERO),
                "taker_quantity": sum((f.quantity for f in fills if f.liquidity == "TAKER"), ZERO),
                "rebates": None
                if known is None
                else -sum((x for x in fees if x is not None and x < 0), ZERO),
            }

    def positions(self) -> dict[Any, dict[str, Any]]:
        return {key: self._position(key, book) for key, book in self.books.items()}

    def _position(self, key: tuple[str, str], book: Book) -> dict[str, Any]:
        i = book.instrument
        marks = [t for t in self.ticks if t.instrument_id == i.instrument_id]
        mark = max(marks, key=lambda t: (t.event_at, t.tick_id)).mid if marks else None
        gross = sum((m.gross for m in book.matches), ZERO)
        fees = total(self.fee(f) for f in book.fills)
        paid = [f for f in self.funding if (f.account_id, f.instrument_id) == key]
        funding = total(f.amount if f.currency == i.settlement else None for f in paid)
        net = None if fees is None or funding is None else gross - fees + funding
        unrealized: Decimal | None = ZERO
        average = None
        if book.lots:
            with localcontext(WIDE):
                value = sum(lot.left * lot.fill.price for lot in book.lots)
                average = divide(value, sum((lot.left for lot in book.lots), ZERO))
            unrealized = None
            if mark is not None:
                unrealized = ZERO
                for lot in book.lots:
                    sides = (lot.fill.price, mark) if lot.sign > 0 else (mark, lot.fill.price)
                    unrealized += self.gross(i, lot.left, *sides)
        return {
            "quantity": sum((lot.sign * lot.left for lot in book.lots), ZERO),
            "average_open_price": average,
            "realized_gross_pnl": gross,
            "fees_paid": fees,
            "funding": funding,
            "net_pnl": net,
            "mark_price": mark,
            "unrealized_pnl": unrealized,
            "total_pnl": None if net is None or unrealized is None else net + unrealized,
            "currency": i.settlement,
        }
