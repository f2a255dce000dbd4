"""One order's life folded from its facts, one after the other.

Written from the words of `order_state`'s description, in plain decimal Python: it shares neither
SQL nor code with the model, so that each can be held against the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from runner.money import CONTEXT, QUANTUM

FINAL = frozenset({"CANCELLED", "REJECTED", "EXPIRED", "FAILED"})
_WORKING = frozenset({"PENDING", "ACCEPTED", "PARTIAL"})
REQUESTS = frozenset({"SUBMITTED", "APPROVED"})
_REVIVALS = frozenset({"RETRIED", "RECOVERED"})
_FIRST = REQUESTS | {"ACCEPTED"}
_BETWEEN = frozenset({"EXECUTED", "REPLACED", "RESTATED"})
_ZERO = Decimal(0).quantize(QUANTUM)


@dataclass(frozen=True, slots=True)
class Opening:
    """The order as it was sent, or first seen; `quantity` is None where only fills are known."""

    order_id: str
    client_order_id: str | None
    origin: str
    quantity: Decimal | None
    sent_at: datetime
    batch_id: int


@dataclass(frozen=True, slots=True)
class Event:
    """`tells_terms`: a RESTATED event that says when and by which client's id it was sent."""

    sequence_number: int
    event_type: str
    status: str | None
    order_quantity: Decimal | None
    occurred_at: datetime
    reason: str | None
    batch_id: int
    tells_terms: bool = False
    client_order_id: str | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """An execution; of a CORRECTION or BUST `corrects` is the fill it is about."""

    fill_id: str
    kind: str
    corrects: str | None
    quantity: Decimal
    price: Decimal
    executed_at: datetime
    recorded_at: datetime
    exchange_fill_id: str | None
    batch_id: int
    source_row: int | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Where an order stands: the columns of `order_state` but for its id."""

    client_order_id: str | None
    status: str
    quantity: Decimal | None
    filled_quantity: Decimal
    leaves_quantity: Decimal | None
    average_fill_price: Decimal | None
    sent_at: datetime
    last_event_at: datetime | None
    last_sequence_number: int | None


class OrderFold:
    """Takes an order's facts in any order; `state` is where those taken so far leave it."""

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        self.last_event: Event | None = None
        # the last that states a status: an end, that it works, what was asked; and what revived it
        self._end: Event | None = None
        self._working: Event | None = None
        self._request: Event | None = None
        self._revival: Event | None = None
        self._amending: Event | None = None
        self._terms: list[Event] = []
        self._fills: dict[str, Fill] = {}
        self._newest: dict[str, Fill] = {}  # the newest amendment, by the fill it is of
        self._first_fill_at: datetime | None = None
        self._filled = _ZERO
        self._value = _ZERO
        self._last_filled_at: datetime | None = None

    def take(self, fact: Event | Fill) -> None:
        if isinstance(fact, Event):
            self._take_event(fact)
        else:
            self._take_fill(fact)

    def _take_event(self, event: Event) -> None:
        self.last_event = _later(self.last_event, event)
        if event.event_type in _REVIVALS:
            self._revival = _later(self._revival, event)
        if event.status in FINAL:
            self._end = _later(self._end, event)
        elif event.status is not None and event.event_type in REQUESTS:
            self._request = _later(self._request, event)
        elif event.status is not None:
            self._working = _later(self._working, event)
        if event.tells_terms:
            self._terms.append(event)
        elif event.order_quantity is not None:
            self._amending = _later(self._amending, event)

    def _take_fill(self, fill: Fill) -> None:
        self._fills[fill.fill_id] = fill
        if self._first_fill_at is None or fill.executed_at < self._first_fill_at:
            self._first_fill_at = fill.executed_at
        if fill.corrects is not None:
            newest = self._newest.get(fill.corrects)
            if newest is None or _recency(fill) > _recency(newest):
                self._newest[fill.corrects] = fill
        if fill.corrects is None and fill.fill_id not in self._newest:
            self._count(fill)
        else:
            self._recount()

    def _recount(self) -> None:
        self._filled, self._value, self._last_filled_at = _ZERO, _ZERO, None
        for fill in self._fills.values():
            if self.counts(fill):
                self._count(fill)

    def counts(self, fill: Fill) -> bool:
        """A trade nobody amended, or the newest correction of one."""
        if fill.fill_id in self._newest or fill.kind == "BUST":
            return False
        return fill.corrects is None or self._newest[fill.corrects] is fill

    def _count(self, fill: Fill) -> None:
        self._filled = CONTEXT.add(self._filled, fill.quantity)
        self._value = CONTEXT.fma(fill.quantity, fill.price, self._value)
        if self._last_filled_at is None or fill.executed_at > self._last_filled_at:
            self._last_filled_at = fill.executed_at

    @property
    def stated(self) -> str | None:
        """The status that events state: an end holds unless the order was revived after it."""
        if self._end and (self._revival is None or place_of(self._revival) < place_of(self._end)):
            return self._end.status
        stating = self._working or self._request
        return stating.status if stating else None

    @property
    def quantity(self) -> Decimal | None:
        if self._amending:
            return self._amending.order_quantity
        stated = [e.order_quantity for e in self._terms if e.order_quantity is not None]
        return min(stated, default=self.opening.quantity)

    @property
    def status(self) -> str:
        stated = self.stated
        quantity, filled = self.quantity, self._filled
        if filled > 0 and quantity is not None and filled >= quantity:
            return "FILLED"
        if stated in FINAL:
            return str(stated)
        if filled > 0:
            return "FILLED" if quantity is None else "PARTIAL"
        if stated in ("PARTIAL", "FILLED"):
            return "ACCEPTED"  # it was said to be filled, and no fill says so
        return stated or "PENDING"

    @property
    def state(self) -> State:
        status, quantity = self.status, self.quantity
        leaves: Decimal | None = _ZERO
        if quantity is None:
            leaves = None
        elif status in _WORKING:
            leaves = CONTEXT.subtract(quantity, self._filled)
        average = None
        if self._filled:
            average = CONTEXT.divide(self._value, self._filled).quantize(QUANTUM, context=CONTEXT)
        last_event_at = self.last_event.occurred_at if self.last_event else None
        if self._last_filled_at and (last_event_at is None or self._last_filled_at > last_event_at):
            last_event_at = self._last_filled_at
        named = [e.client_order_id for e in self._terms if e.client_order_id is not None]
        return State(
            self.opening.client_order_id or min(named, default=None),
            status,
            quantity,
            self._filled,
            leaves,
            average,
            self._sent_at(),
            last_event_at,
            self.last_event.sequence_number if self.last_event else None,
        )

    def _sent_at(self) -> datetime:
        """What later terms say; else of an order first seen on fills the earliest of them."""
        if self._terms:
            return min(event.occurred_at for event in self._terms)
        is_of_fills = self.opening.origin == "EXTERNAL" and self.opening.quantity is None
        if is_of_fills and self._first_fill_at is not None:
            return self._first_fill_at
        return self.opening.sent_at


def place_of(event: Event) -> tuple[datetime, int, int]:
    """By which events are in order: what happened first, in whatever order files told it.

    Of one moment, which may be a second long, acknowledgements come before what changed the order,
    and that before its end.
    """
    stage = 0 if event.event_type in _FIRST else 1 if event.event_type in _BETWEEN else 2
    return event.occurred_at, stage, event.sequence_number


def _later(known: Event | None, event: Event) -> Event:
    return event if known is None or place_of(event) > place_of(known) else known


def _recency(fill: Fill) -> tuple[datetime, bool, datetime, int, str]:
    """By which the amendments of one fill are in order, the one that counts last."""
    row = fill.source_row or 0
    return fill.recorded_at, fill.kind == "BUST", fill.executed_at, row, fill.fill_id
