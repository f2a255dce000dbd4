"""The facts of the demo as they come about: orders and what happens to them, books, cash."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.demo.market import INSTRUMENTS, START, D, Instrument, Tick, to_step, walk

SEED = 20260302
VENUES = {"alpha": "northex", "beta": "southex", "gamma": "northex"}
TRADERS = {"alpha": "desk-1", "beta": "desk-2", "gamma": "desk-3"}
EIGHT_PLACES = D("0.00000001")
# taker and maker rate; a maker of a perpetual is paid
RATES = {
    "SPOT": (D("0.001"), D("0.0008")),
    "LINEAR": (D("0.0005"), D("-0.00005")),
    "INVERSE": (D("0.0005"), D("-0.0001")),
}
Row = dict[str, Any]


@dataclass
class Order:
    """An order as the demo sent it; `at` moves on as things happen to it."""

    number: str
    account: str
    instrument: Instrument
    side: str
    quantity: Decimal
    limit: Decimal | None
    request: str | None
    at: datetime
    filled: Decimal = field(default_factory=Decimal)
    status: str = "PENDING"
    fills: list[Row] = field(default_factory=list)

    @property
    def venue(self) -> str:
        return VENUES[self.account]


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def text(value: Decimal | None) -> str:
    if value is None:
        return ""
    shown = format(value, "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


class World:
    """Everything that is, and the verbs that add to it."""

    def __init__(self) -> None:
        self.rng = random.Random(SEED)
        self.ticks = walk(SEED)
        self.rows: defaultdict[str, list[Row]] = defaultdict(list)
        self.orders: list[Order] = []
        self.position: defaultdict[tuple[str, str], Decimal] = defaultdict(D)
        self.moves: list[tuple[datetime, str, str, Decimal]] = []
        self._numbers: defaultdict[str, int] = defaultdict(int)
        self._declare()

    def number(self, prefix: str) -> str:
        self._numbers[prefix] += 1
        return f"{prefix}-{self._numbers[prefix]:04d}"

    def tick(self, symbol: str, at: datetime) -> Tick:
        """The tick in force at a moment."""
        return [t for t in self.ticks[symbol] if t.at <= at][-1]

    # reference

    def _declare(self) -> None:
        kinds = {"alpha": "LIVE", "beta": "LIVE", "gamma": "PAPER"}
        for account, kind in kinds.items():
            self.add(
                "canonical-accounts",
                account=account,
                venue=VENUES[account],
                trader_id=TRADERS[account],
                base_currency="USDT",
                account_type=kind,
                opened_at=iso(START - timedelta(days=30)),
            )
            self.cash(account, "DEPOSIT", D(1_000_000), "USDT", START, reason="opening deposit")
        self.cash("alpha", "DEPOSIT", D(20), "BNB", START, reason="to pay fees with")
        self.cash("beta", "DEPOSIT", D(3), "BTC", START, reason="margin of inverse contracts")
        self.cash(
            "alpha",
            "WITHDRAWAL",
            D(-5_000),
            "USDT",
            START + timedelta(days=3, hours=20),
            reason="profits taken out",
        )
        for i in INSTRUMENTS.values():
            self.add(
                "canonical-instruments",
                symbol=i.symbol,
                base_currency=i.base,
                quote_currency=i.quote,
                settlement_currency=i.settle,
                multiplier=text(i.multiplier),
                is_inverse=str(i.kind == "INVERSE").lower(),
                instrument_type=i.kind,
                tick_size=text(i.tick),
                lot_size=text(i.lot),
            )
            for t in self.ticks[i.symbol]:
                self.add(
                    "canonical-ticks",
                    symbol=t.symbol,
                    bid_price=text(t.bid),
                    ask_price=text(t.ask),
                    event_at=iso(t.at),
                )

    def add(self, file: str, **row: Any) -> None:
        self.rows[file].append(row)

    def cash(
        self,
        account: str,
        kind: str,
        amount: Decimal,
        currency: str,
        at: datetime,
        *,
        symbol: str = "",
        reason: str = "",
    ) -> None:
        self.moves.append((at, account, currency, amount))
        self.add(
            "canonical-cash",
            venue=VENUES[account],
            account=account,
            movement_id=self.number("cash"),
            kind=kind,
            amount=text(amount),
            currency=currency,
            symbol=symbol,
            reason=reason,
            occurred_at=iso(at),
        )

    # intent

    def request(
        self,
        account: str,
        symbol: str,
        side: str,
        quantity: Decimal,
        at: datetime,
        *,
        limit: Decimal | None = None,
        signal: str = "",
        action: str = "ALLOWED",
        rule: str = "max_notional",
        tif: str = "GTC",
    ) -> str:
        """An intent and the risk policy's decision about it; its client_request_id."""
        name = self.number("req")
        expires = at.replace(hour=23, minute=59, second=59, microsecond=0)
        self.add(
            "canonical-requests",
            client_request_id=name,
            account=account,
            trader_id=TRADERS[account],
            signal_id=signal,
            cycle_id=f"cycle-{at:%m%d%H}",
            symbol=symbol,
            side=side,
            order_type="LIMIT" if limit else "MARKET",
            quantity=text(quantity),
            limit_price=text(limit),
            stop_price="",
            stop_loss="",
            take_profit="",
            time_in_force=tif,
            expires_at=iso(expires) if tif == "DAY" else "",
            requested_at=iso(at),
        )
        notional = INSTRUMENTS[symbol].cost(quantity, limit or self.tick(symbol, at).mid)
        self.add(
            "canonical-risk-events",
            client_request_id=name,
            action=action,
            rule=rule,
            details=json.dumps({"notional": text(notional.quantize(EIGHT_PLACES))}),
            occurred_at=iso(at + timedelta(milliseconds=4)),
        )
        return name

    def send(
        self,
        account: str,
        symbol: str,
        side: str,
        quantity: Decimal,
        at: datetime,
        *,
        limit: Decimal | None = None,
        request: str | None = None,
        tif: str = "GTC",
        piece: tuple[int, int] | None = None,
    ) -> Order:
        """Send an order to its venue."""
        order = Order(
            self.number("ord"), account, INSTRUMENTS[symbol], side, quantity, limit, request, at
        )
        self.orders.append(order)
        self.add(
            "canonical-orders",
            venue=order.venue,
            account=account,
            symbol=symbol,
            order_id=order.number,
            client_order_id=f"c-{order.number}",
            side=side,
            order_type="LIMIT" if limit else "MARKET",
            quantity=text(quantity),
            limit_price=text(limit),
            stop_price="",
            time_in_force=tif,
            status="PENDING",
            created_at=iso(at),
            client_request_id=request or "",
            slice_number=piece[0] if piece else "",
            total_slices=piece[1] if piece else "",
        )
        self.event(order, "SUBMITTED", "PENDING", "NEW_PENDING", after_ms=0)
        return order

    # what happens to an order

    def event(
        self,
        order: Order,
        kind: str,
        status: str | None,
        venue_status: str = "",
        *,
        after_ms: int = 40,
        **more: Any,
    ) -> None:
        order.at += timedelta(milliseconds=after_ms)
        order.status = status or order.status
        self.add(
            "canonical-events",
            event_type=kind,
            occurred_at=iso(order.at),
            venue=order.venue,
            account=order.account,
            order_id=order.number,
            client_request_id=order.request or "",
            event_id=self.number("ev"),
            status=status or "",
            venue_status=venue_status,
            reason=more.get("reason", ""),
            error_code=more.get("error_code", ""),
            retry_attempt=more.get("retry_attempt", ""),
            latency_ms=more.get("latency_ms", ""),
            order_quantity=text(more.get("order_quantity")),
            limit_price=text(more.get("limit_price")),
            data=more.get("data", ""),
            actor=more.get("actor", TRADERS[order.account]),
        )

    def accept(self, order: Order) -> None:
        self.event(order, "ACCEPTED", "ACCEPTED", "NEW", latency_ms=self.rng.randint(18, 160))

    def fill(
        self,
        order: Order,
        quantity: Decimal,
        price: Decimal,
        *,
        after_ms: int = 900,
        maker: bool | None = None,
        fee: str = "",
        late: bool = False,
    ) -> Row:
        """Execute part of an order. `fee` names another currency than the settlement one."""
        order.at += timedelta(milliseconds=after_ms)
        instrument = order.instrument
        maker = order.limit is not None if maker is None else maker
        amount, currency = self._fee(order, quantity, price, maker, fee)
        row = {
            "venue": order.venue, "account": order.account, "symbol": instrument.symbol,
            "order_id": order.number, "fill_id": self.number("fill"), "side": order.side,
            "quantity": text(quantity), "price": text(price), "fee_amount": text(amount),
            "fee_currency": currency, "liquidity": "MAKER" if maker else "TAKER",
            "executed_at": iso(order.at), "kind": "TRADE", "corrects_fill_id": "",
        }  # fmt: skip
        self.rows["canonical-fills"].append(row)
        order.fills.append(row)
        order.filled += quantity
        signed = quantity if order.side == "BUY" else -quantity
        self.position[order.account, instrument.symbol] += signed
        if instrument.kind == "SPOT" and currency == instrument.base:
            self.position[order.account, instrument.symbol] -= amount
        if not order.number.startswith("ext"):
            done = order.filled == order.quantity
            status = None if late else "FILLED" if done else "PARTIAL"
            self.event(
                order,
                "FILLED" if done and not late else "EXECUTED",
                status,
                "LATE_FILL" if late else "FILLED" if done else "PARTIALLY_FILLED",
                after_ms=3,
            )
        return row

    def _fee(
        self, order: Order, quantity: Decimal, price: Decimal, maker: bool, currency: str
    ) -> tuple[Decimal, str]:
        instrument = order.instrument
        rate = RATES[instrument.kind][1 if maker else 0]
        amount = instrument.cost(quantity, price) * rate
        if currency == "BNB":
            amount = amount / self.tick("BNB-USDT", order.at).mid
        elif currency and currency == instrument.base:
            amount = quantity * rate
        return amount.quantize(EIGHT_PLACES), currency or instrument.settle

    def bust(self, order: Order, fill: Row) -> None:
        """The venue takes an execution back."""
        order.at += timedelta(minutes=6)
        self._amend(order, fill, "BUST", {})
        order.filled -= D(fill["quantity"])
        self._undo(fill)
        self.event(
            order,
            "BUSTED",
            "PARTIAL" if order.filled else "ACCEPTED",
            "TRADE_BUST",
            reason="busted by the venue: erroneous price",
        )

    def correct(self, order: Order, fill: Row, price: Decimal) -> None:
        """The venue changes an execution's price."""
        order.at += timedelta(minutes=4)
        self._amend(order, fill, "CORRECTION", {"price": text(price)})
        self.event(order, "CORRECTED", None, "TRADE_CORRECT", reason="price corrected by the venue")

    def _amend(self, order: Order, fill: Row, kind: str, changes: Mapping[str, str]) -> None:
        self.rows["canonical-fills"].append(
            {
                **fill,
                **changes,
                "fill_id": self.number("fill"),
                "kind": kind,
                "corrects_fill_id": fill["fill_id"],
                "executed_at": iso(order.at),
            }
        )

    def _undo(self, fill: Row) -> None:
        signed = D(fill["quantity"]) * (1 if fill["side"] == "BUY" else -1)
        self.position[fill["account"], fill["symbol"]] -= signed

    def price(self, symbol: str, at: datetime, offset: str = "0") -> Decimal:
        """A price near the market: the mid moved by a relative offset, on the tick grid."""
        mid = self.tick(symbol, at).mid
        return to_step(mid * (1 + D(offset)), INSTRUMENTS[symbol].tick)

    def files(self) -> dict[str, list[Row]]:
        """Each file's rows in the order a venue would list them."""
        stamp = {
            "canonical-fills": "executed_at",
            "canonical-events": "occurred_at",
            "canonical-cash": "occurred_at",
            "canonical-orders": "created_at",
            "canonical-requests": "requested_at",
            "canonical-risk-events": "occurred_at",
            "canonical-ticks": "event_at",
            "canonical-activity": "occurred_at",
        }
        return {
            name: sorted(rows, key=lambda r, n=name: r[stamp[n]]) if name in stamp else rows
            for name, rows in sorted(self.rows.items())
        }
