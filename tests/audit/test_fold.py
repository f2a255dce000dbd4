"""An order folded from its facts: each case that the model is tried with, whatever comes first."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from runner.audit.fold import Event, Fill, Opening, OrderFold, State
from tests.models.facts import EPOCH
from tests.models.test_order_state import CASES


def opening(quantity: str | None, origin: str = "INTERNAL") -> Opening:
    return Opening("o", "c", origin, None if quantity is None else Decimal(quantity), EPOCH, 1)


def event(n: int, event_type: str, status: str | None = None, quantity: Any = None, **more: Any):
    amended = None if quantity is None else Decimal(quantity)
    at = EPOCH + timedelta(seconds=n)
    return Event(n, event_type, status, amended, at, None, 1, **more)


def fill(n: int, name: str, quantity: str, kind: str = "TRADE", corrects: str | None = None,
         price: str = "100") -> Fill:  # fmt: skip
    at = EPOCH + timedelta(minutes=n)
    return Fill(name, kind, corrects, Decimal(quantity), Decimal(price), at, at, name, 1)


def folded(first: Opening, facts: Any) -> State:
    fold = OrderFold(first)
    for fact in facts:
        fold.take(fact)
    return fold.state


@pytest.mark.parametrize("name", CASES)
def test_each_case_in_whatever_order_its_facts_come(name: str) -> None:
    events, fills, quantity, (status, filled, leaves) = CASES[name]
    facts: list[Any] = [event(n, *told) for n, told in enumerate(events, start=1)]
    facts += [fill(n, *told) for n, told in enumerate(fills)]
    for order in permutations(facts):
        state = folded(opening(quantity), order)
        assert state.status == status
        assert state.filled_quantity == Decimal(filled)
        assert state.leaves_quantity == (None if leaves is None else Decimal(leaves))
        assert state.last_sequence_number == (len(events) or None)


def test_amendments_learned_at_once_are_told_apart_by_what_they_say() -> None:
    trade, later = fill(0, "a", "1"), EPOCH + timedelta(hours=1)

    def amended(*told: Any) -> State:
        amendments = [
            Fill(name, kind, "a", Decimal(1), Decimal(price), EPOCH + timedelta(minutes=n), later,
                 name, 1, row)
            for name, kind, price, n, row in told
        ]  # fmt: skip
        (state,) = {folded(opening("1"), order) for order in permutations([trade, *amendments])}
        return state

    # nobody corrects what was taken back; the later moment; the later row
    told = amended(("z", "CORRECTION", "101", 9, 4), ("b", "BUST", "100", 0, 3))
    assert told.filled_quantity == 0
    told = amended(("z", "CORRECTION", "101", 1, 4), ("b", "CORRECTION", "102", 2, 3))
    assert told.average_fill_price == 102
    told = amended(("z", "CORRECTION", "101", 1, 3), ("b", "CORRECTION", "102", 1, 4))
    assert told.average_fill_price == 102


def test_an_average_is_rounded_once_half_away_from_zero() -> None:
    parts = [fill(0, "a", "1", price="0.000000000001"), fill(1, "b", "1", price="0")]
    assert folded(opening("2"), parts).average_fill_price == Decimal("0.000000000001")
    parts = [fill(0, "a", "2", price="1"), fill(1, "b", "1", price="2")]
    assert folded(opening("3"), parts).average_fill_price == Decimal("1.333333333333")
    parts = [fill(0, "a", "1", price="-0.000000000001"), fill(1, "b", "1", price="0")]
    assert folded(opening("2"), parts).average_fill_price == Decimal("-0.000000000001")


def test_an_order_seen_on_its_fills_was_sent_with_the_first_until_its_terms_are_told() -> None:
    first = Opening("o", None, "EXTERNAL", None, EPOCH, 1)
    facts: list[Any] = [fill(5, "b", "1"), fill(2, "a", "1")]
    assert folded(first, facts).sent_at == EPOCH + timedelta(minutes=2)
    facts.append(event(1, "RESTATED", None, "2", tells_terms=True, client_order_id="mine"))
    state = folded(first, facts)
    assert (state.sent_at, state.client_order_id) == (EPOCH + timedelta(seconds=1), "mine")
    assert state.status == "FILLED"
