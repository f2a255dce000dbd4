"""Costs and PnL in plain `decimal` Python: what the SQL models and the kernel are compared with.

Written from the design's words, not from the SQL: a list of lots or one pool a book, one fill after
the other. The two share no code and no formula but the definition of a rounded division.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from tests.oracle_rates import Rates

ZERO = Decimal(0)
STEP = Decimal("1e-12")
WIDE = Context(prec=200, rounding=ROUND_HALF_UP)
Given = ParamSpec("Given")
Made = TypeVar("Made")


def exactly(method: Callable[Given, Made]) -> Callable[Given, Made]:
    """`method` with room for every digit: by itself Python rounds sums and products at 28."""

    @wraps(method)
    def wide(*args: Given.args, **named: Given.kwargs) -> Made:
        with localcontext(WIDE):
            return method(*args, **named)

    return wide


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
    venue_id: str | None = None  # what the venue calls it; None: its fill_id


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
    occurred_at: datetime = datetime(2026, 1, 1)
    movement_id: str = ""


@dataclass
class Match:
    opening: Fill
    closing: Fill
    direction: str
    quantity: Decimal
    open_price: Decimal
    gross: Decimal
    opening_fee: Decimal | None
    closing_fee: Decimal | None
    cost: Decimal | None = None  # a pool's

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
class Pool:
    """A position at average cost."""

    opening: Fill
    sign: int
    held: Decimal
    cost: Decimal  # 24 decimals of quote units; of an inverse instrument of base units
    fees: Decimal | None


@dataclass
class Book:
    instrument: Instrument
    method: str
    fills: list[Fill] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)  # the oldest first
    pool: Pool | None = None


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
        return (amount * part / whole).quantize(STEP)


def share(amount: Decimal, part: Decimal, whole: Decimal, places: int) -> Decimal:
    """A pool's part, at the pool's own scale."""
    with localcontext(WIDE):
        return (amount * part / whole).quantize(Decimal(1).scaleb(-places))


@exactly
def harmonic_price(size: Decimal, parts: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    """The price at which `size` is worth what its parts are at theirs, in base units."""
    values = [share(part, Decimal(1), price, 18) for part, price in parts]
    mean, prices = divide(size, sum(values, ZERO)), [price for _, price in parts]
    return max(prices) if mean is None else clamped(mean, prices)


def clamped(mean: Decimal, prices: Sequence[Decimal]) -> Decimal:
    return min(max(prices), max(min(prices), mean))


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
    for fill in sorted(
        fills, key=lambda f: (f.recorded_at, f.kind == "BUST", f.executed_at, f.fill_id)
    ):
        if fill.corrects:
            newest[fill.corrects] = fill
    return [
        f
        for f in fills
        if f.fill_id not in newest
        and f.kind != "BUST"
        and (f.corrects is None or newest[f.corrects] is f)
    ]


def matching_order(fill: Fill, is_lot: bool = False) -> tuple[object, ...]:
    """Of one moment lots come first, then what the venue gave a shorter, then a smaller number."""
    if is_lot:
        return fill.executed_at, False, 0, "", fill.fill_id
    number = fill.venue_id or fill.fill_id
    return fill.executed_at, True, len(number), number, fill.fill_id


class Ledger:
    """Everything the models derive, for the facts given."""

    @exactly
    def __init__(
        self,
        instruments: list[Instrument],
        fills: list[Fill],
        ticks: list[Tick] | None = None,
        funding: list[Funding] | None = None,
        lots: list[Fill] | None = None,
        methods: Mapping[str, str] | None = None,
        method: str = "fifo",
    ) -> None:
        """`lots` no fill opened, as fills without an order or a fee.

        `methods` of accounts; `method` of all others.
        """
        self.instruments = {i.instrument_id: i for i in instruments}
        self.ticks = ticks or []
        self.rates = Rates(self.instruments.values(), self.ticks)
        self.funding = funding or []
        self.effective = effective(fills)
        self.books: dict[tuple[str, str], Book] = {}
        for known in [*fills, *self.funding, *(lots or [])]:
            key = (known.account_id, known.instrument_id)
            of_account = (methods or {}).get(known.account_id, method)
            self.books.setdefault(key, Book(self.instruments[known.instrument_id], of_account))
        self.brought = {lot.fill_id for lot in lots or []}
        booked = [*self.effective, *(lots or [])]
        for fill in sorted(booked, key=lambda f: matching_order(f, f.fill_id in self.brought)):
            book = self.books[fill.account_id, fill.instrument_id]
            book.fills.append(fill)
            apply = self._apply_to_pool if book.method == "average" else self._apply_to_lots
            apply(book, fill)

    # fees

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
        rate = self.rates.at(fill.fee_currency, i.settlement, fill.executed_at)
        return rate and rate.convert(fill.fee)

    def paid(self, funding: Funding) -> Decimal | None:
        """The payment in its instrument's settlement currency."""
        settlement = self.instruments[funding.instrument_id].settlement
        if funding.amount == 0 or funding.currency == settlement:
            return funding.amount
        rate = self.rates.at(funding.currency, settlement, funding.occurred_at)
        return rate and rate.convert(funding.amount)

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

    def _apply_to_lots(self, book: Book, fill: Fill) -> None:
        change = self.change(fill)
        sign = 1 if change > 0 else -1
        new = Lot(fill, sign, abs(change), ZERO)
        while new.left and book.lots and book.lots[0].sign != sign:
            old = self._first_out(book)
            quantity = min(old.left, new.left)
            buy, sell = (old, new) if old.sign > 0 else (new, old)
            book.matches.append(
                Match(
                    old.fill,
                    fill,
                    "LONG" if old.sign > 0 else "SHORT",
                    quantity,
                    old.fill.price,
                    self.gross(book.instrument, quantity, buy.fill.price, sell.fill.price),
                    self.fee_share(old.fill, old.size, old.taken, old.taken + quantity),
                    self.fee_share(fill, new.size, new.taken, new.taken + quantity),
                )
            )
            old.taken += quantity
            new.taken += quantity
            if not old.left:
                book.lots.remove(old)
        if new.left:
            book.lots.append(new)

    def _first_out(self, book: Book) -> Lot:
        if book.method == "hifo":
            return max(book.lots, key=lambda lot: lot.fill.price)  # the first of equals
        return book.lots[0 if book.method == "fifo" else -1]

    def _apply_to_pool(self, book: Book, fill: Fill) -> None:
        i, change = book.instrument, self.change(fill)
        sign, size = 1 if change > 0 else -1, abs(change)
        pool, closed = book.pool, ZERO
        if size and pool and pool.sign != sign:
            closed = min(size, pool.held)
            cost, fees = pool.cost, pool.fees
            if closed < pool.held:
                cost = share(cost, closed, pool.held, 24)
                fees = None if fees is None else share(fees, closed, pool.held, 12)
            book.matches.append(
                Match(
                    pool.opening,
                    fill,
                    "LONG" if pool.sign > 0 else "SHORT",
                    closed,
                    self.pooled_price(i, closed, cost),
                    self.pooled_gross(i, closed, pool.sign, fill.price, cost),
                    fees,
                    self.fee_share(fill, size, ZERO, closed),
                    cost,
                )
            )
            if closed == pool.held:
                pool = None
            else:
                left = None if pool.fees is None or fees is None else pool.fees - fees
                held = pool.held - closed
                pool = Pool(pool.opening, pool.sign, held, WIDE.subtract(pool.cost, cost), left)
        if size > closed:
            pool = pool or Pool(fill, sign, ZERO, ZERO, ZERO)
            fee = self.fee_share(fill, size, closed, size)
            pool.held += size - closed
            pool.cost = WIDE.add(pool.cost, self.value(i, size - closed, fill.price, 24))
            pool.fees = total([pool.fees, fee])
        book.pool = pool

    def value(self, i: Instrument, quantity: Decimal, price: Decimal, places: int = 12) -> Decimal:
        """Units at a price: quote units, unrounded; of an inverse instrument base units."""
        size = rounded(WIDE.multiply(quantity, i.multiplier))
        if i.kind == "INVERSE":
            return share(size, Decimal(1), price, places)
        return WIDE.multiply(size, price)

    def pooled_gross(
        self, i: Instrument, quantity: Decimal, sign: int, price: Decimal, cost: Decimal
    ) -> Decimal:
        gain = WIDE.subtract(self.value(i, quantity, price), cost)
        return rounded(WIDE.multiply(gain, -sign if i.kind == "INVERSE" else sign))

    def pooled_price(self, i: Instrument, quantity: Decimal, cost: Decimal) -> Decimal:
        size = rounded(WIDE.multiply(quantity, i.multiplier))
        if i.kind == "INVERSE":
            return divide(size, cost if abs(cost) < 10**8 else rounded(cost))  # type: ignore[return-value]
        return divide(cost, size)  # type: ignore[return-value]

    def gross(self, i: Instrument, quantity: Decimal, buy: Decimal, sell: Decimal) -> Decimal:
        size = rounded(WIDE.multiply(quantity, i.multiplier))
        if i.kind == "INVERSE":
            return divide(size, buy) - divide(size, sell)  # type: ignore[operator]
        return rounded(WIDE.multiply(sell - buy, size))

    # tables, as {key: {column: value}}

    @exactly
    def lot_matches(self) -> dict[Any, dict[str, Any]]:
        return {
            (m.opening.fill_id, m.closing.fill_id): {
                "direction": m.direction,
                "quantity": m.quantity,
                "open_price": m.open_price,
                "close_price": m.closing.price,
                "gross_pnl": m.gross,
                "opening_fee": m.opening_fee,
                "closing_fee": m.closing_fee,
                "net_pnl": m.net,
            }
            for book in self.books.values()
            for m in book.matches
        }

    @exactly
    def open_lots(self) -> dict[Any, dict[str, Any]]:
        return {
            fill_id: row
            for book in self.books.values()
            for fill_id, row in self._open(book).items()
        }

    def _open(self, book: Book) -> dict[str, dict[str, Any]]:
        i = book.instrument
        rows = {
            lot.fill.fill_id: {
                "direction": "LONG" if lot.sign > 0 else "SHORT",
                "quantity": lot.left,
                "open_price": lot.fill.price,
                "open_cost": rounded(self.value(i, lot.left, lot.fill.price)),
                "opening_fee": self.fee_share(lot.fill, lot.size, lot.taken, lot.size),
            }
            for lot in book.lots
        }
        if pool := book.pool:
            rows[pool.opening.fill_id] = {
                "direction": "LONG" if pool.sign > 0 else "SHORT",
                "quantity": pool.held,
                "open_price": self.pooled_price(i, pool.held, pool.cost),
                "open_cost": rounded(pool.cost),
                "opening_fee": pool.fees,
            }
        return rows

    def _by_order(self) -> dict[str, list[Fill]]:
        orders: dict[str, list[Fill]] = defaultdict(list)
        for fill in self.effective:
            orders[fill.order_id].append(fill)
        return orders

    @exactly
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

    @exactly
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

    @exactly
    def positions(self) -> dict[Any, dict[str, Any]]:
        return {key: self._position(key, book) for key, book in self.books.items()}

    def _position(self, key: tuple[str, str], book: Book) -> dict[str, Any]:
        i = book.instrument
        marks = [t for t in self.ticks if t.instrument_id == i.instrument_id]
        mark = max(marks, key=lambda t: (t.event_at, t.tick_id)).mid if marks else None
        gross = sum((m.gross for m in book.matches), ZERO)
        fees = total(self.fee(f) for f in book.fills)
        paid = [f for f in self.funding if (f.account_id, f.instrument_id) == key]
        funding = total(self.paid(f) for f in paid)
        net = None if fees is None or funding is None else gross - fees + funding
        lots = self._open(book).values()
        unrealized = total(self._unrealized(book, lot, mark) for lot in lots)
        average = None
        if lots:
            parts = [(lot["quantity"], lot["open_price"]) for lot in lots]
            if i.kind == "INVERSE":
                sizes = [(rounded(WIDE.multiply(q, i.multiplier)), price) for q, price in parts]
                average = harmonic_price(sum((size for size, _ in sizes), ZERO), sizes)
            else:
                held = sum((quantity for quantity, _ in parts), ZERO)
                average = divide(sum((q * p for q, p in parts), ZERO), held)
        return {
            "quantity": sum(
                (lot["quantity"] * (1 if lot["direction"] == "LONG" else -1) for lot in lots), ZERO
            ),
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

    def _unrealized(self, book: Book, lot: dict[str, Any], mark: Decimal | None) -> Decimal | None:
        if mark is None:
            return None
        i, sign = book.instrument, 1 if lot["direction"] == "LONG" else -1
        if book.method == "average":
            return self.pooled_gross(i, lot["quantity"], sign, mark, lot["open_cost"])
        sides = (lot["open_price"], mark) if sign > 0 else (mark, lot["open_price"])
        return self.gross(i, lot["quantity"], *sides)
