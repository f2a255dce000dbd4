"""Random lives of orders, from request to last fill, and how they are written into a ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from runner.engines.base import Engine
from tests.execution_oracle import Order, Quote
from tests.models.facts import EPOCH, insert, terms, uid
from tests.oracle import Fill, Instrument

POWER = "POWER/EUR"  # may trade below zero
INSTRUMENTS = [
    Instrument("BTC/USDT", "SPOT", "BTC", "USDT", "USDT"),
    Instrument("BTC/USDT:USDT", "LINEAR", "BTC", "USDT", "USDT", Decimal("0.0010")),
    Instrument("BTC/USD:BTC", "INVERSE", "BTC", "USD", "BTC", Decimal(100)),
    Instrument(POWER, "LINEAR", "POWER", "EUR", "EUR", Decimal(3)),
    Instrument("QUIET/USDT", "SPOT", "QUIET", "USDT", "USDT"),  # nobody quotes it
]
SECONDS = 900
DAYS = [0] * 6 + [1, 3]  # the last beyond the age of any tick of the first


class OrderHistory:
    """Orders with overlapping lives, in instruments quoted well, badly and not at all.

    Drawn from a seed: a failure is reproduced by it, and shrinks in length.
    """

    def __init__(self, seed: int, length: int) -> None:
        self.random = Random(seed)
        self.quotes = list(self._quotes())
        self.orders: list[Order] = []
        self.fills: list[Fill] = []
        for n in range(length):
            self._add_order(n)
        self.fills += [self._amendment(n) for n in range(length // 10) if self.fills]

    def _decimal(self, low: str, high: str, places: int) -> Decimal:
        step = Decimal(1).scaleb(-places)
        return self.random.randint(int(Decimal(low) / step), int(Decimal(high) / step)) * step

    def _moment(self) -> datetime:
        micros = self.random.choice([0, 0, 0, 1, 500_000, 999_999])
        return EPOCH + timedelta(
            days=self.random.choice(DAYS),
            seconds=self.random.randint(0, SECONDS),
            microseconds=micros,
        )

    def _later(self, than: datetime, most: int) -> datetime:
        late = timedelta(milliseconds=self.random.choice([0, 1, 250, 1500]))
        return than + late + timedelta(seconds=self.random.randint(0, most))

    def _price(self, instrument_id: str) -> Decimal:
        if instrument_id == POWER:
            return self._decimal("-4", "9", 2)
        return self._decimal(*self.random.choice([("1", "12", 0), ("0.01", "99999", 8)]))

    def _quantity(self) -> Decimal:
        shapes = [("1", "9", 0)] * 3 + [("0.001", "50", 3), ("0.000000000001", "3", 12)]
        return self._decimal(*self.random.choice(shapes))

    def _quotes(self) -> Iterable[Quote]:
        for i in INSTRUMENTS[:-1]:
            for at in sorted({self._moment() for _ in range(self.random.choice([0, 5, 40]))}):
                bid = self._price(i.instrument_id)
                if self.random.random() < 0.1:  # nobody quotes just now
                    bid = Decimal(0)
                ask = bid + (self._decimal("0", "1", 6) if bid else 0)
                yield Quote(i.instrument_id, bid, ask, at)

    def _add_order(self, n: int) -> None:
        instrument = self.random.choice(INSTRUMENTS)
        sent_at = self._moment()
        quantity = None if self.random.random() < 0.1 else self._quantity()
        previous = self.orders[-1] if self.orders else None
        request_id = requested_at = None
        if quantity is not None and self.random.random() < 0.8:
            request_id = uid("request", n)
            requested_at = sent_at - timedelta(
                seconds=self.random.choice([0, 0, 1, 60, 100_000]),
                milliseconds=self.random.choice([0, 3]),
            )
            if previous and previous.request_id and self.random.random() < 0.3:  # another slice
                request_id, requested_at = previous.request_id, previous.requested_at
        terminal = self.random.choice(
            ["CANCELLED", "REJECTED", "EXPIRED", "FAILED", "FILLED", None]
        )
        amended = quantity is not None and self.random.random() < 0.1
        order = Order(
            uid("order", n),
            self.random.choice("AB"),
            instrument.instrument_id,
            self.random.choice(["BUY", "SELL"]),
            quantity,
            sent_at,
            request_id,
            requested_at,
            self._later(sent_at, 1) if self.random.random() < 0.8 else None,
            None if quantity is None else terminal,
            self._later(sent_at, 100_000 if self.random.random() < 0.1 else 90),
            self._quantity() if amended else None,
        )
        self.orders.append(order)
        self._add_fills(n, order, instrument)

    def _add_fills(self, n: int, order: Order, instrument: Instrument) -> None:
        count = self.random.choice([0, 1, 1, 2, 4]) or (order.quantity is None)
        whole = self.random.random() < 0.4 and order.quantity is not None
        for k in range(count):
            price = self._price(order.instrument_id)
            if order.instrument_id != POWER:
                price = max(price, Decimal("0.01"))
            quantity = self._quantity()
            if whole and order.quantity is not None:
                quantity = order.quantity / count
                quantity = quantity.quantize(Decimal("1e-12")) or Decimal("1e-12")
            fee = self.random.choice([Decimal(0), self._decimal("-0.5", "0.9", 5)])
            at = self._later(order.sent_at, self.random.choice([0, 5, 120]))
            currency = self.random.choice([instrument.settlement] * 8 + ["XYZ"])
            self.fills.append(
                Fill(
                    uid("fill", n, k), order.order_id, order.account_id, order.instrument_id,
                    order.side, quantity, price, fee, currency, at, at,
                )
            )  # fmt: skip

    def _amendment(self, n: int) -> Fill:
        target = self.random.choice(self.fills)
        return Fill(
            **{
                **target.__dict__,
                "fill_id": uid("amendment", n),
                "quantity": self._quantity(),
                "kind": self.random.choice(["BUST", "CORRECTION"]),
                "corrects": target.fill_id,
                "recorded_at": target.recorded_at + timedelta(seconds=n + 1),
            }
        )


def write_orders(
    engine: Engine,
    instruments: Iterable[Instrument],
    quotes: Iterable[Quote],
    orders: Iterable[Order],
    fills: Iterable[Fill],
) -> None:
    """Write the facts, all in one batch."""
    for table, rows in order_facts(instruments, quotes, orders, fills).items():
        write_batch(engine, table, rows, 1)


def write_batch(engine: Engine, table: str, rows: Iterable[dict[str, Any]], batch_id: int) -> None:
    insert(engine, table, ({"recorded_at": EPOCH, "batch_id": batch_id, **row} for row in rows))


def order_facts(
    instruments: Iterable[Instrument],
    quotes: Iterable[Quote],
    orders: Iterable[Order],
    fills: Iterable[Fill],
) -> dict[str, list[dict[str, Any]]]:
    """Rows by fact table, without their batches."""
    listed = list(orders)
    requests = {o.request_id: o for o in listed if o.request_id}
    events = [event for o in listed for event in _events(o)]
    return {
        "instruments": [_instrument(i) for i in instruments],
        "market_ticks": [_tick(q) for q in quotes],
        "order_requests": [_request(o) for o in requests.values()],
        "orders": [_order(o) for o in listed],
        "order_events": [{"sequence_number": n, **e} for n, e in enumerate(events, 1)],
        "order_fills": [_fill(f) for f in fills],
    }


def _instrument(i: Instrument) -> dict[str, Any]:
    return {
        "symbol": i.instrument_id,
        **terms(i),
        "allows_negative_price": i.instrument_id == POWER,
        "origin": "DECLARED",
    }


def _tick(q: Quote) -> dict[str, Any]:
    return {
        "tick_id": uid("tick", q.instrument_id, q.event_at),
        "instrument_id": q.instrument_id,
        "bid_price": q.bid,
        "ask_price": q.ask,
        "mid_price": q.mid,
        "event_at": q.event_at,
    }


def _request(o: Order) -> dict[str, Any]:
    return {
        "order_request_id": o.request_id,
        "client_request_id": o.request_id,
        "account_id": o.account_id,
        "instrument_id": o.instrument_id,
        "side": o.side,
        "order_type": "MARKET",
        "quantity": o.quantity,
        "requested_at": o.requested_at,
    }


def _order(o: Order) -> dict[str, Any]:
    return {
        "order_id": o.order_id,
        "order_request_id": o.request_id,
        "account_id": o.account_id,
        "instrument_id": o.instrument_id,
        "venue": "TEST",
        "side": o.side,
        "quantity": o.quantity,
        "origin": "EXTERNAL" if o.quantity is None else "INTERNAL",
        "sent_at": o.sent_at,
    }


def _events(o: Order) -> Iterable[dict[str, Any]]:
    def event(kind: str, status: str | None, at: datetime | None, quantity: Any = None) -> Any:
        return {
            "event_id": uid("event", kind, o.order_id),
            "order_id": o.order_id,
            "event_type": kind,
            "status": status,
            "order_quantity": quantity,
            "occurred_at": at,
        }

    if o.acknowledged_at:
        yield event("ACCEPTED", "ACCEPTED", o.acknowledged_at)
    if o.amended_quantity:
        yield event("REPLACED", None, o.sent_at, o.amended_quantity)
    if o.terminal:
        yield event(o.terminal, o.terminal, o.terminal_at)


def _fill(f: Fill) -> dict[str, Any]:
    return {
        "fill_id": f.fill_id,
        "order_id": f.order_id,
        "account_id": f.account_id,
        "instrument_id": f.instrument_id,
        "venue": "TEST",
        "exchange_fill_id": f.fill_id,
        "side": f.side,
        "quantity": f.quantity,
        "price": f.price,
        "fee_amount": f.fee,
        "fee_currency": f.fee_currency,
        "kind": f.kind,
        "corrects_fill_id": f.corrects,
        "is_rounded": False,
        "executed_at": f.executed_at,
        "recorded_at": f.recorded_at,
    }
