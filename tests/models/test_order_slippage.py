"""order_slippage: what is unknown, what mirrors what, and that its checks see what they are for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from runner.checks.run import run_checks
from runner.engines.base import Engine
from tests.models.facts import read
from tests.models.harness import build, empty_ledger, in_memory, renderer, workspace
from tests.models.order_histories import INSTRUMENTS, OrderHistory, write_orders
from tests.shortfall_oracle import rounded

LENGTH = 250  # enough for each check to have rows it is about


def measured(ledger: Engine, history: OrderHistory) -> dict[Any, dict[str, Any]]:
    write_orders(ledger, INSTRUMENTS, history.quotes, history.orders, history.fills)
    build(ledger, ["order_slippage"])
    return read(ledger, "order_slippage", ("order_id",))


def test_without_ticks_nothing_is_zero_that_is_not_known(ledger: Engine) -> None:
    history = OrderHistory(1, 60)
    history.quotes = []
    for row in measured(ledger, history).values():
        unknown = [name for name in row if name.endswith(("_mid", "_bps", "_spread", "_impact"))]
        unknown += ["interval_twap", "delay_cost", "implementation_shortfall", "paper_notional"]
        assert {name: row[name] for name in unknown if name != "slippage_vwap_bps"} == (
            dict.fromkeys(name for name in unknown if name != "slippage_vwap_bps")
        )
        assert row["arrival_reason"] in ("NO_REQUEST", "NO_TICK")
        assert row["fill_mid_reason"] == ("NO_TICK" if row["filled_quantity"] else "NO_FILL")
        assert row["shortfall_reason"] in ("NO_QUANTITY", "NO_REQUEST", "NO_TICK")


def test_a_realized_spread_needs_no_tick_at_the_fill(ledger: Engine) -> None:
    history = OrderHistory(1, 60)
    first_filled_at = min(f.executed_at for f in history.fills)
    # one instrument is quoted after its first fill only, and before its horizon is over
    name = next(f.instrument_id for f in history.fills if f.executed_at == first_filled_at)
    later = first_filled_at + timedelta(seconds=1)
    history.quotes = [
        replace(q, event_at=max(q.event_at, later)) if q.instrument_id == name else q
        for q in history.quotes
    ]
    known = [
        row
        for row in measured(ledger, history).values()
        if row["fill_mid_reason"] == "NO_TICK" and row["later_mid_reason"] is None
    ]
    assert known
    for row in known:
        sign = 1 if row["side"] == "BUY" else -1
        spread = 2 * sign * (row["average_fill_price"] - row["later_mid"])
        assert row["realized_spread"] == spread
        assert row["effective_spread"] is None and row["price_impact"] is None


def test_what_costs_a_buyer_pays_a_seller(engine_name: str) -> None:
    """Orders turned around: every cost is a gain of the same size, fees apart."""
    history, mirrored = OrderHistory(2, 80), OrderHistory(2, 80)
    other = {"BUY": "SELL", "SELL": "BUY"}
    mirrored.orders = [replace(o, side=other[o.side]) for o in mirrored.orders]
    mirrored.fills = [replace(f, side=other[f.side]) for f in mirrored.fills]
    tables = []
    for one in (history, mirrored):
        ledger = empty_ledger(engine_name)
        tables.append(measured(ledger, one))
        ledger.close()
    turned = [n for n in next(iter(tables[0].values())) if n.startswith("slippage_")]
    turned += ["effective_spread", "realized_spread", "delay_cost", "trading_cost"]
    turned += ["opportunity_cost", "paper_return"]
    for order_id, row in tables[0].items():
        back = tables[1][order_id]
        assert [back[n] for n in turned] == [row[n] and -row[n] for n in turned]
        assert back["paper_notional"] == row["paper_notional"]
        if row["implementation_shortfall"] is not None:
            both = row["implementation_shortfall"] + back["implementation_shortfall"]
            assert both == 2 * row["fees"]


# check -> a change to order_slippage that it is there to see
TAMPERED = {
    "prices_are_known_or_it_is_said_why": "sent_mid = 0 where sent_reason = 'NO_TICK'",
    "slippage_is_known_where_its_prices_are": "slippage_close_bps = 0 where close_mid is null",
    "costs_are_known_or_it_is_said_why": "trading_cost = 0 where trading_cost is null",
    "latencies_are_known_or_it_is_said_why": "latency_ms = 0 where latency_reason is not null",
    "parts_add_up_to_the_shortfall": "delay_cost = delay_cost + 0.000000000001, "
    "trading_delay_cost = trading_delay_cost + 0.000000000001",
    "costs_of_an_order_add_up": "trading_delay_cost = trading_delay_cost + 0.000000000001",
    "spreads_are_twice_the_distance_from_the_mid": "price_impact = price_impact + 0.000000000001",
    "shortfall_is_paper_less_actual_return": "actual_return = actual_return - fees - 1",
    "quoted_spreads_are_not_negative": "quoted_spread = -1 where arrival_mid is not null",
    "unexecuted_quantity_is_not_negative": "unexecuted_quantity = quantity - 2 * filled_quantity",
    "orders_fill_after_they_are_requested": "latency_ms = -1 where latency_ms = 0",
}


def failed(ledger: Engine) -> set[str]:
    rules = [
        r
        for r in workspace(ledger.name).rules
        if r.relation == "order_slippage" or r.rule.name == "every_order_is_measured"
    ]
    return {r.rule.name for r in run_checks(ledger, rules, 0) if r.failures}


def test_checks_pass_what_is_right_and_see_what_is_not(ledger: Engine) -> None:
    history = OrderHistory(3, LENGTH)
    late = {o.order_id for o in history.orders if o.requested_at and o.requested_at > o.sent_at}
    history.orders = [o for o in history.orders if o.order_id not in late]
    history.fills = [f for f in history.fills if f.order_id not in late]
    measured(ledger, history)
    assert failed(ledger) == set()
    ledger.execute("create table measured as select * from order_slippage")
    for check, change in TAMPERED.items():
        ledger.execute(f"update order_slippage set {change}")
        assert failed(ledger) == {check}
        ledger.execute("delete from order_slippage")
        ledger.execute("insert into order_slippage select * from measured")
    ledger.execute("delete from order_slippage where side = 'BUY'")
    assert failed(ledger) == {"every_order_is_measured"}


LARGE = Decimal("8000000000.000000000001")
RATIOS = [
    ("0.000000000001", "3"),
    ("-0.000000000001", "20000"),
    ("1", "3"),
    ("-2", "3"),
    ("5", "0.000000000007"),
    ("-12345.678901234567", "0.04"),
    (str(LARGE), "7"),
    (str(-LARGE), "7.000000000001"),
    ("7999999999.999999999999", "99999999999.5"),
    ("1", "0"),
    ("1", "-3"),
]


@pytest.mark.parametrize(("amount", "price"), RATIOS)
def test_basis_points_are_exact(engine_name: str, amount: str, price: str) -> None:
    engine = in_memory(engine_name)
    sql = renderer(engine_name)(
        "with n as (select {{ units('a') }} as a, {{ units('p') }} as p from ("
        f"select cast('{amount}' as decimal(38, 12)) as a, cast('{price}' as decimal(38, 12)) as p"
        ") as t) select {{ basis_points('a', 'p') }} as bps from n"
    )
    found = next(iter(engine.query(sql).rows))[0]
    engine.close()
    exact = Fraction(amount) * 10_000
    assert found == (rounded(exact / Fraction(price)) if Fraction(price) > 0 else None)
