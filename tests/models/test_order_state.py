"""What an order's events and fills come to, case by case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from runner.engines.base import Engine
from tests.models.facts import EPOCH, insert, read, uid

Build = Callable[..., Engine]
ORDER = uid("order")
# (event_type, status, order_quantity) and (fill, quantity, kind, corrected fill)
NEW = [("SUBMITTED", "PENDING", None), ("ACCEPTED", "ACCEPTED", None)]
CASES: dict[str, tuple[list[Any], list[Any], str | None, tuple[str, str, str | None]]] = {
    "no event, no fill": ([], [], "10", ("PENDING", "0", "10")),
    "working": (NEW, [], "10", ("ACCEPTED", "0", "10")),
    "in parts": (NEW, [("a", "4")], "10", ("PARTIAL", "4", "6")),
    "filled": (NEW, [("a", "4"), ("b", "6")], "10", ("FILLED", "10", "0")),
    "filled by fills alone": ([], [("a", "10")], "10", ("FILLED", "10", "0")),
    "said to be filled": ([*NEW, ("FILLED", "FILLED", None)], [], "10", ("ACCEPTED", "0", "10")),
    "cancelled": ([*NEW, ("CANCELLED", "CANCELLED", None)], [], "10", ("CANCELLED", "0", "0")),
    "late fill": (
        [*NEW, ("CANCELLED", "CANCELLED", None), ("EXECUTED", None, None)],
        [("a", "4")],
        "10",
        ("CANCELLED", "4", "0"),
    ),
    "late fill of all": (
        [*NEW, ("CANCELLED", "CANCELLED", None)],
        [("a", "10")],
        "10",
        ("FILLED", "10", "0"),
    ),
    "rejected": ([NEW[0], ("REJECTED", "REJECTED", None)], [], "10", ("REJECTED", "0", "0")),
    "retried": (
        [NEW[0], ("FAILED", "FAILED", None), ("RETRIED", "PENDING", None)],
        [],
        "10",
        ("PENDING", "0", "10"),
    ),
    "replaced": ([*NEW, ("REPLACED", None, "4")], [("a", "4")], "10", ("FILLED", "4", "0")),
    "replaced twice": (
        [*NEW, ("REPLACED", None, "4"), ("REPLACED", None, "12")],
        [("a", "4")],
        "10",
        ("PARTIAL", "4", "8"),
    ),
    "bust of one": (
        [*NEW, ("FILLED", "FILLED", None), ("BUSTED", "PARTIAL", None)],
        [("a", "4"), ("b", "6"), ("c", "6", "BUST", "b")],
        "10",
        ("PARTIAL", "4", "6"),
    ),
    "bust of all": (
        [*NEW, ("FILLED", "FILLED", None)],
        [("a", "10"), ("b", "10", "BUST", "a")],
        "10",
        ("ACCEPTED", "0", "10"),
    ),
    "correction": (
        NEW,
        [("a", "10"), ("b", "9", "CORRECTION", "a")],
        "10",
        ("PARTIAL", "9", "1"),
    ),
    "corrected twice": (
        NEW,
        [("a", "10"), ("b", "9", "CORRECTION", "a"), ("c", "8", "CORRECTION", "b")],
        "10",
        ("PARTIAL", "8", "2"),
    ),
    "bust of a correction": (
        NEW,
        [("a", "10"), ("b", "9", "CORRECTION", "a"), ("c", "9", "BUST", "b")],
        "10",
        ("ACCEPTED", "0", "10"),
    ),
    "bust after a correction of the same fill": (
        NEW,
        [("a", "10"), ("b", "9", "CORRECTION", "a"), ("c", "9", "BUST", "a")],
        "10",
        ("ACCEPTED", "0", "10"),
    ),
    "known by its fills": ([], [("a", "3")], None, ("FILLED", "3", None)),
    "terms learned later": ([("RESTATED", None, "5")], [("a", "3")], None, ("PARTIAL", "3", "2")),
    "overfilled": (NEW, [("a", "11")], "10", ("FILLED", "11", "0")),
}


def write(engine: Engine, events: list[Any], fills: list[Any], quantity: str | None) -> None:
    known = {"recorded_at": EPOCH, "batch_id": 1}
    trade = {"account_id": "A", "instrument_id": "I", "venue": "V", "side": "BUY"}
    insert(
        engine,
        "orders",
        [
            {
                "order_id": ORDER,
                "client_order_id": "c",
                **trade,
                "quantity": quantity,
                "origin": "EXTERNAL",
                "sent_at": EPOCH,
                **known,
            }
        ],
    )
    insert(
        engine,
        "order_events",
        [
            {
                "event_id": uid("event", n),
                "sequence_number": n,
                "order_id": ORDER,
                "event_type": event_type,
                "status": status,
                "order_quantity": amended,
                "occurred_at": EPOCH + timedelta(seconds=second[0] if second else n),
                **known,
            }
            for n, (event_type, status, amended, *second) in enumerate(events, start=1)
        ],
    )
    insert(
        engine,
        "order_fills",
        [
            {
                "fill_id": uid(fill[0]),
                "order_id": ORDER,
                **trade,
                "quantity": fill[1],
                "price": "100",
                "fee_amount": 0,
                "kind": fill[2] if len(fill) > 2 else "TRADE",
                "corrects_fill_id": uid(fill[3]) if len(fill) > 2 else None,
                "is_rounded": False,
                "executed_at": EPOCH + timedelta(minutes=1),
                "recorded_at": EPOCH + timedelta(minutes=n),
                "batch_id": 1,
            }
            for n, fill in enumerate(fills)
        ],
    )


def state_of(
    build: Build, ledger: Engine, events: list[Any], fills: list[Any], quantity: str | None
) -> dict[str, Any]:
    insert(
        ledger,
        "instruments",
        [
            {
                "instrument_id": "I",
                "symbol": "I",
                "instrument_type": "SPOT",
                "base_currency": "B",
                "quote_currency": "Q",
                "settlement_currency": "Q",
                "multiplier": 1,
                "is_inverse": False,
                "allows_negative_price": False,
                "origin": "DECLARED",
                "recorded_at": EPOCH,
                "batch_id": 1,
            }
        ],
    )
    write(ledger, events, fills, quantity)
    return read(build(ledger, "order_state"), "order_state", ("order_id",))[ORDER]


@pytest.mark.parametrize("name", CASES)
def test_order_state(build: Build, ledger: Engine, name: str) -> None:
    events, fills, quantity, (status, filled, leaves) = CASES[name]
    state = state_of(build, ledger, events, fills, quantity)
    found = (state["status"], state["filled_quantity"], state["leaves_quantity"])
    assert found == (status, Decimal(filled), None if leaves is None else Decimal(leaves))
    assert state["last_sequence_number"] == (len(events) or None)
    last_event = EPOCH + timedelta(seconds=len(events)) if events else None
    is_filled = Decimal(filled) > 0
    assert state["last_event_at"] == (EPOCH + timedelta(minutes=1) if is_filled else last_event)


# events as the ledger has them, each at a second; then the status and quantity, and which is last
TOLD = {
    "told backwards": (
        [("CANCELLED", "CANCELLED", None, 2), ("ACCEPTED", "ACCEPTED", None, 1)],
        ("CANCELLED", "10", 1),
    ),
    "told backwards, of one second": (
        [("CANCELLED", "CANCELLED", None, 1), ("ACCEPTED", "ACCEPTED", None, 1)],
        ("CANCELLED", "10", 1),
    ),
    "a clock of ours that is fast": (
        [("SUBMITTED", "PENDING", None, 5), ("ACCEPTED", "ACCEPTED", None, 3)],
        ("ACCEPTED", "10", 1),
    ),
    "acknowledged after its end, by another clock": (
        [("SUBMITTED", "PENDING", None, 1), ("CANCELLED", "CANCELLED", None, 2),
         ("ACCEPTED", "ACCEPTED", None, 3)],
        ("CANCELLED", "10", 3),
    ),
    "recovered, then acknowledged": (
        [("ACCEPTED", "ACCEPTED", None, 4), ("FAILED", "FAILED", None, 2),
         ("RETRIED", "PENDING", None, 3), ("SUBMITTED", "PENDING", None, 1)],
        ("ACCEPTED", "10", 1),
    ),
    "messages of one second": (
        [*((kind, status, size, 1) for kind, status, size in [
            *NEW, ("REPLACED", "ACCEPTED", "12"), ("REPLACED", "ACCEPTED", "4"),
            ("EXECUTED", "PARTIAL", None)])],
        ("ACCEPTED", "4", 5),
    ),
    "sent again in the second it failed": (
        [("SUBMITTED", "PENDING", None, 0), ("FAILED", "FAILED", None, 1),
         ("RETRIED", "PENDING", None, 1)],
        ("PENDING", "10", 3),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_events_count_as_they_happened(build: Build, ledger: Engine, name: str) -> None:
    events, expected = TOLD[name]
    state = state_of(build, ledger, events, [], "10")
    found = (state["status"], str(state["quantity"].normalize()), state["last_sequence_number"])
    assert found == (expected[0], str(Decimal(expected[1]).normalize()), expected[2])
