"""Each kind of break, and what is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from runner.engines.base import Engine
from tests.models.facts import EPOCH, insert, read, uid, write
from tests.models.harness import empty_ledger
from tests.oracle import Fill, Instrument

Build = Callable[..., Engine]
SPOT = Instrument("BTC-USDT", "SPOT", "BTC", "USDT", "USDT")
DAY = timedelta(days=1)
STATED = EPOCH + 3 * DAY


def fill(name: str, at: datetime, quantity: str = "1", **changes: Any) -> Fill:
    values: dict[str, Any] = {
        "fill_id": uid(name), "order_id": uid("order", name), "account_id": "A",
        "instrument_id": "BTC-USDT", "side": "BUY", "quantity": Decimal(quantity),
        "price": Decimal(100), "fee": Decimal("0.1"), "fee_currency": "USDT", "executed_at": at,
        "recorded_at": at,
    }  # fmt: skip
    return Fill(**{**values, **changes})


class Venue:
    """A ledger with fills, and what the venue states of them."""

    def __init__(self, *fills: Fill, engine: str = "duckdb") -> None:
        self.connection = empty_ledger(engine)
        write(self.connection, [SPOT], list(fills))
        self.statements = 0

    def states(
        self,
        *fills: Fill,
        balances: tuple[tuple[str, str, str], ...] = (),
        orders: tuple[tuple[str, str, str], ...] = (),
        days: int = 2,
        period: tuple[datetime, datetime] | None = None,
        of: str | None = None,
    ) -> None:
        """Append a statement of `days` days from EPOCH; fills match on their id.

        `period` is another period; `of` the one instrument it tells of.
        """
        start, end = period or (EPOCH, EPOCH + days * DAY)
        self.statements += 1
        statement, at = uid("statement", self.statements), STATED + self.statements * DAY
        known = {"recorded_at": at, "batch_id": 1}
        insert(
            self.connection,
            "statements",
            [
                {
                    "statement_id": statement, "venue": "TEST", "account_id": "A",
                    "period_start": start, "period_end": end, "instrument_id": of, **known,
                }
            ],
        )  # fmt: skip
        insert(
            self.connection,
            "statement_fills",
            [
                {
                    "statement_fill_id": uid("line", self.statements, n), "statement_id": statement,
                    "exchange_order_id": "X", "exchange_fill_id": f.fill_id,
                    "instrument_id": f.instrument_id, "side": f.side, "quantity": f.quantity,
                    "price": f.price, "fee_amount": f.fee, "fee_currency": f.fee_currency,
                    "executed_at": f.executed_at, **known,
                }
                for n, f in enumerate(fills)
            ],
        )  # fmt: skip
        insert(
            self.connection,
            "statement_orders",
            [
                {
                    "statement_order_id": uid("order line", self.statements, exchange_id),
                    "statement_id": statement,
                    "exchange_order_id": exchange_id, "instrument_id": "BTC-USDT", "side": "BUY",
                    "filled_quantity": filled, "status": status, "reported_at": STATED, **known,
                }
                for exchange_id, status, filled in orders
            ],
        )  # fmt: skip
        insert(
            self.connection,
            "statement_balances",
            [
                {
                    "statement_balance_id": uid("balance", self.statements, kind, of),
                    "statement_id": statement, "kind": kind,
                    "currency": of if kind == "BALANCE" else None,
                    "instrument_id": of if kind == "POSITION" else None,
                    "amount": amount, "stated_at": STATED, **known,
                }
                for kind, of, amount in balances
            ],
        )  # fmt: skip

    def breaks(self, build: Build) -> dict[str, dict[str, Any]]:
        build(self.connection, "exchange_reconciliation")
        return read(self.connection, "exchange_reconciliation", ("break_id",))

    def kinds(self, build: Build) -> list[tuple[str, Decimal | None]]:
        found = self.breaks(build).values()
        return sorted(((b["break_type"], b["difference"]) for b in found), key=str)


NOON = EPOCH + timedelta(hours=12)
ONE = fill("one", NOON)


def test_agreement_is_no_break(build: Build) -> None:
    venue = Venue(ONE)
    venue.states(ONE)
    assert venue.breaks(build) == {}


def test_without_a_statement_there_is_nothing_to_compare(build: Build) -> None:
    assert Venue(ONE).breaks(build) == {}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"quantity": Decimal(3)}, ("QUANTITY", Decimal(-2))),
        ({"price": Decimal("99.5")}, ("PRICE", Decimal("0.5"))),
        ({"fee": Decimal("0.3")}, ("FEE", Decimal("-0.2"))),
        ({"fee_currency": "BTC"}, ("FEE_CURRENCY", None)),
    ],
)
def test_a_figure_differs(build: Build, change: dict[str, Any], expected: Any) -> None:
    venue = Venue(ONE)
    venue.states(fill("one", NOON, **change))
    assert venue.kinds(build) == [expected]
    [found] = venue.breaks(build).values()
    assert (found["order_id"], found["fill_id"]) != (None, None)
    assert found["first_seen_at"] == STATED + DAY


def test_a_fee_within_its_tolerance_is_no_break(build: Build) -> None:
    venue = Venue(ONE)
    venue.states(fill("one", NOON, fee=Decimal("0.100000005")))
    assert venue.kinds(build) == []


def test_missing_on_either_side(build: Build) -> None:
    venue = Venue(ONE, fill("ours", NOON))
    venue.states(ONE, fill("theirs", NOON))
    assert venue.kinds(build) == [("MISSING_EXCHANGE", None), ("MISSING_LOCAL", None)]


def test_fills_outside_the_period_are_not_missed(build: Build) -> None:
    venue = Venue(ONE, fill("later", EPOCH + 5 * DAY))
    venue.states(ONE)
    assert venue.kinds(build) == []


def test_a_fill_dated_to_another_day_still_matches(build: Build) -> None:
    venue = Venue(ONE, fill("late", EPOCH + 2 * DAY))
    venue.states(ONE, fill("late", EPOCH + 2 * DAY - timedelta(seconds=1)))
    assert venue.kinds(build) == []


def test_ids_are_of_an_instrument(build: Build) -> None:
    """Venues count trades by symbol: the same number of another one names another trade."""
    venue = Venue(ONE, fill("late", EPOCH + 2 * DAY))
    venue.states(ONE, fill("late", NOON, instrument_id="ETH-USDT"))
    [missed] = venue.breaks(build).values()
    assert (missed["break_type"], missed["instrument_id"]) == ("MISSING_LOCAL", "ETH-USDT")


def test_one_execution_told_twice(build: Build) -> None:
    venue = Venue(ONE)
    venue.states(ONE, ONE)
    assert venue.kinds(build) == [("DUPLICATE_FILL", None)]


def test_the_latest_statement_wins(build: Build) -> None:
    venue = Venue(ONE)
    venue.states(fill("one", NOON, quantity="7"), fill("withdrawn", NOON))
    venue.states(ONE)
    assert venue.kinds(build) == []


def test_a_corrected_fill_is_compared_as_corrected(build: Build) -> None:
    correction = fill(
        "fix", NOON, "3", kind="CORRECTION", corrects=uid("one"), order_id=ONE.order_id
    )
    venue = Venue(ONE, correction)
    venue.states(fill("fix", NOON, "3"))
    assert venue.kinds(build) == []


def test_positions_at_the_moment_stated(build: Build) -> None:
    venue = Venue(ONE, fill("after", STATED + DAY, "5"))
    venue.states(balances=(("POSITION", "BTC-USDT", "1"),))
    assert venue.kinds(build) == []
    venue.states(balances=(("POSITION", "BTC-USDT", "1.5"),))
    assert venue.kinds(build) == [("POSITION", Decimal("-0.5"))]


def test_balances_where_the_ledger_knows_the_cash(build: Build) -> None:
    venue = Venue(ONE)
    venue.states(balances=(("BALANCE", "USDT", "1000"),))
    assert venue.kinds(build) == []
    deposit = {
        "movement_id": uid("deposit"), "account_id": "A", "kind": "DEPOSIT", "amount": "1000",
        "currency": "USDT", "occurred_at": EPOCH, "recorded_at": EPOCH, "batch_id": 1,
    }  # fmt: skip
    insert(venue.connection, "cash_movements", [deposit])
    assert venue.kinds(build) == [("BALANCE", Decimal("-100.1"))]


def test_orders_by_the_id_the_venue_gave(build: Build) -> None:
    venue = Venue()
    order = {
        "order_id": uid("order"), "account_id": "A", "instrument_id": "BTC-USDT", "venue": "TEST",
        "exchange_order_id": "X-1", "side": "BUY", "quantity": 5, "origin": "EXTERNAL",
        "sent_at": EPOCH, "recorded_at": EPOCH, "batch_id": 1,
    }  # fmt: skip
    insert(venue.connection, "orders", [order])
    venue.states(orders=(("X-1", "PARTIAL", "2"), ("X-2", "FILLED", "1")))
    assert venue.kinds(build) == [
        ("MISSING_LOCAL", None), ("QUANTITY", Decimal(-2)), ("STATUS", None),
    ]  # fmt: skip


def test_a_resolution_is_shown(build: Build) -> None:
    venue = Venue(fill("ours", NOON), ONE)
    venue.states(ONE)
    [break_id] = venue.breaks(build)
    for n, action in enumerate(("ACKNOWLEDGE", "DISMISS")):
        resolution = {
            "resolution_id": uid(action), "break_id": break_id, "action": action, "reason": "r",
            "actor": "a", "occurred_at": EPOCH + n * DAY, "recorded_at": EPOCH, "batch_id": 1,
        }  # fmt: skip
        insert(venue.connection, "break_resolutions", [resolution])
    assert venue.breaks(build)[break_id]["resolution"] == "DISMISS"


def test_pages_of_an_export_may_share_a_moment(build: Build, engine_name: str) -> None:
    """Three fills of one second, two on the first page: the second page withdraws neither."""
    tick = timedelta(microseconds=1)
    fills = [fill(name, NOON) for name in ("b", "c", "d")]
    first, last = fill("a", NOON - tick), fill("e", NOON + tick)
    venue = Venue(first, *fills, last, engine=engine_name)
    venue.states(first, *fills[:2], period=(NOON - tick, NOON + tick))
    venue.states(fills[1], fills[2], last, period=(NOON, NOON + 2 * tick))
    assert venue.kinds(build) == []
    # a later word on all of it does
    venue.states(first, *fills[1:], last, period=(NOON - tick, NOON + 2 * tick))
    assert venue.kinds(build) == [("MISSING_EXCHANGE", None)]


def test_a_statement_of_one_instrument_misses_no_other(build: Build, engine_name: str) -> None:
    other = fill("other", NOON, instrument_id="ETH-USDT", order_id=uid("order", "other"))
    venue = Venue(ONE, fill("two", NOON), other, engine=engine_name)
    venue.states(ONE, of="BTC-USDT")
    [missed] = venue.breaks(build).values()
    assert (missed["break_type"], missed["exchange_fill_id"]) == ("MISSING_EXCHANGE", uid("two"))
    venue.states(ONE)
    assert [kind for kind, _ in venue.kinds(build)] == ["MISSING_EXCHANGE"] * 2


def test_an_order_over_within_the_period_is_missed(build: Build, engine_name: str) -> None:
    order = {
        "account_id": "A", "instrument_id": "BTC-USDT", "venue": "TEST", "side": "BUY",
        "quantity": 5, "origin": "EXTERNAL", "recorded_at": EPOCH, "batch_id": 1,
    }  # fmt: skip
    venue = Venue(engine=engine_name)
    sent = {"over": NOON, "before": EPOCH - DAY, "told": NOON, "open": NOON}
    insert(
        venue.connection,
        "orders",
        [
            {"order_id": uid(n), "exchange_order_id": n, "sent_at": at, **order}
            for n, at in sent.items()
        ],
    )
    insert(
        venue.connection,
        "order_events",
        [
            {
                "event_id": uid("event", n), "order_id": uid(n),
                "event_type": "ACCEPTED" if n == "open" else "CANCELLED",
                "status": "ACCEPTED" if n == "open" else "CANCELLED",
                "occurred_at": NOON, "recorded_at": EPOCH, "batch_id": 1,
                "sequence_number": number,
            }
            for number, n in enumerate(sent)
        ],
    )  # fmt: skip
    venue.states(orders=(("open", "ACCEPTED", "0"),))
    assert venue.kinds(build) == []  # it may be of open orders only
    venue.states(orders=(("told", "CANCELLED", "0"),))
    [missed] = venue.breaks(build).values()
    assert (missed["break_type"], missed["exchange_order_id"]) == ("MISSING_EXCHANGE", "over")


def test_since_when_a_position_differs(build: Build, engine_name: str) -> None:
    """Since the first statement of those that have differed by the same without a gap."""
    venue = Venue(ONE, engine=engine_name)
    for number, held in enumerate(("3", "1", "3", "3")):
        venue.states()
        stated = {
            "statement_balance_id": uid("stated", number), "kind": "POSITION",
            "statement_id": uid("statement", venue.statements), "instrument_id": "BTC-USDT",
            "amount": held, "stated_at": STATED + number * DAY,
            "recorded_at": STATED + venue.statements * DAY, "batch_id": 1,
        }  # fmt: skip
        insert(venue.connection, "statement_balances", [stated])
    [found] = venue.breaks(build).values()
    assert (found["first_seen_at"], found["age_seconds"]) == (STATED + 3 * DAY, 86_400)


def test_how_much_agrees(build: Build, engine_name: str) -> None:
    venue = Venue(ONE, fill("two", NOON), fill("ours", NOON), engine=engine_name)
    venue.states(
        ONE, fill("two", NOON, fee=Decimal(9), quantity=Decimal(2)), fill("theirs", NOON),
        balances=(("POSITION", "BTC-USDT", "3"),),
    )  # fmt: skip
    build(venue.connection, "reconciliation_summary")
    rows = read(venue.connection, "reconciliation_summary", ("subject",))
    counted = ("stated_count", "matched_count", "differing_count", "untold_count", "error_count")
    assert {name: [row[c] for c in counted] for name, row in rows.items()} == {
        "FILL": [3, 1, 2, 1, 3],
        "FEE": [2, 1, 1, 0, 0],
        "POSITION": [1, 1, 0, 0, 0],
    }
