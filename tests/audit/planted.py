"""Two small ledgers: one in order, and the same with something planted for each audit query."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from runner.build.seeds import load_seed
from runner.checks import history
from runner.engines.base import Engine
from tests.models.facts import insert, uid
from tests.models.harness import build, empty_ledger, workspace

T = datetime(2026, 3, 4, 10)  # a Wednesday
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
# instrument -> the venue it trades at, and what it settles in; one inverse contract is 100 USD
TRADED = {"X-USD": ("northex", "USD"), "X-INV": ("southex", "X")}
_BUILT = ("int_fills_costed", "order_costs", "lot_matches", "order_slippage")


def clean_ledger(engine: str) -> Engine:
    return _built(_in_order(empty_ledger(engine)))


def planted_ledger(engine: str) -> Engine:
    return _built(_plant(_in_order(empty_ledger(engine))))


def _built(ledger: Engine) -> Engine:
    load_seed(ledger, workspace(ledger.name).project.seeds["fee_schedules"])
    return build(ledger, _BUILT)


def put(ledger: Engine, table: str, at: datetime = T, **row: Any) -> None:
    insert(ledger, table, [{**row, "recorded_at": at, "batch_id": row.get("batch_id", 1)}])


def order(
    ledger: Engine,
    name: str,
    sent: datetime,
    *,
    account: str = "b1",
    side: str = "BUY",
    price: str = "100",
    fee: str = "0.1",
    instrument: str = "X-USD",
    checked: timedelta | None = -SECOND / 2,
    cancelled: timedelta | None = None,
    filled: timedelta = SECOND,
    delay: timedelta = SECOND,
) -> None:
    """An order of one unit, asked for a second before, and its fill, which is a taker's.

    `checked`, `cancelled` and `filled` are from when it was sent, `delay` from the fill on.
    """
    ids = {"order_id": uid(name), "order_request_id": uid("request", name)}
    terms = {"account_id": account, "instrument_id": instrument, "side": side, "quantity": "1"}
    trader = {"a1": "t1", "a2": "t1"}.get(account)
    put(
        ledger, "order_requests", **terms, trader_id=trader, order_type="MARKET",
        order_request_id=ids["order_request_id"], client_request_id=f"r-{name}",
        requested_at=sent - SECOND,
    )  # fmt: skip
    if checked is not None:
        put(
            ledger, "risk_events", risk_event_id=uid("risk", name), action="ALLOWED",
            order_request_id=ids["order_request_id"], rule="size", occurred_at=sent + checked,
        )  # fmt: skip
    venue, _ = TRADED[instrument]
    put(
        ledger, "orders", **ids, **terms, venue=venue, client_order_id=name,
        order_type="MARKET", origin="INTERNAL", sent_at=sent,
    )  # fmt: skip
    steps = [("ACCEPTED", SECOND / 10)] + ([("CANCELLED", cancelled)] if cancelled else [])
    for step, after in steps:
        put(
            ledger, "order_events", **ids, event_id=uid(step, name), event_type=step, status=step,
            sequence_number=ledger.row_count("order_events") + 1, occurred_at=sent + after,
        )  # fmt: skip
    fill(ledger, name, sent + filled, delay, account_id=account, side=side, price=price,
         fee_amount=fee, instrument_id=instrument)  # fmt: skip


def fill(ledger: Engine, name: str, at: datetime, delay: timedelta, **row: Any) -> None:
    """A taker's fill of one unit of the order `name`, called like it; `row` is what differs."""
    venue, currency = TRADED[row.get("instrument_id", "X-USD")]
    told = {
        "fill_id": uid("fill", name), "order_id": uid(name), "account_id": "b1",
        "instrument_id": "X-USD", "venue": venue, "side": "BUY", "quantity": "1",
        "price": "100", "fee_amount": "0.1", "fee_currency": currency, "liquidity": "TAKER",
        "kind": "TRADE", "is_rounded": False, "executed_at": at,
    }  # fmt: skip
    put(ledger, "order_fills", at + delay, **(told | row))


def balance(ledger: Engine, at: datetime, currency: str, amount: str) -> None:
    statement = uid("statement", at, currency)
    put(ledger, "statements", statement_id=statement, venue="northex", account_id="a1",
        period_start=at - MINUTE, period_end=at)  # fmt: skip
    put(ledger, "statement_balances", statement_balance_id=uid("balance", at, currency),
        statement_id=statement, kind="BALANCE", currency=currency, amount=amount,
        stated_at=at)  # fmt: skip


def _in_order(ledger: Engine) -> Engine:
    """Buys of a taker, at the mid and the schedule's fee (10 bps, 5 bps), checked, told at once."""
    put(ledger, "ledger_batches", batch_id=1, kind="INGEST", source="orders.csv", row_count=1,
        content_hash="c", chain_hash="h", schema_version=1)  # fmt: skip
    for account, trader in (("a1", "t1"), ("a2", "t1"), ("b1", None)):
        put(ledger, "accounts", account_id=account, trader_id=trader, base_currency="USD",
            account_type="LIVE", origin="DECLARED")  # fmt: skip
    put(ledger, "instruments", instrument_id="X-USD", symbol="X-USD", instrument_type="SPOT",
        base_currency="X", quote_currency="USD", settlement_currency="USD", multiplier="1",
        is_inverse=False, allows_negative_price=False, origin="DECLARED")  # fmt: skip
    put(ledger, "instruments", instrument_id="X-INV", symbol="X-INV", instrument_type="INVERSE",
        base_currency="X", quote_currency="USD", settlement_currency="X", multiplier="100",
        is_inverse=True, allows_negative_price=False, origin="DECLARED")  # fmt: skip
    for n in range(-5, 50):
        put(ledger, "market_ticks", tick_id=uid("tick", n), instrument_id="X-USD",
            bid_price="100", ask_price="100", mid_price="100", event_at=T + n * MINUTE)  # fmt: skip
    put(ledger, "cash_movements", movement_id=uid("deposit"), account_id="a1", kind="DEPOSIT",
        amount="10000", currency="USD", occurred_at=T - 60 * MINUTE)  # fmt: skip
    for n in range(1, 7):
        order(ledger, f"o{n}", T + n * MINUTE, account="a1")
    order(ledger, "inverse", T + 7 * MINUTE, price="50", fee="0.001", instrument="X-INV")
    for at, usd, x in ((T, "10000", "0"), (T + 60 * MINUTE, "9399.4", "6")):
        balance(ledger, at, "USD", usd)
        balance(ledger, at, "X", x)
    for minute, enabled, reason in ((45, True, "drill"), (46, False, "over")):
        put(ledger, "kill_switch_events", event_id=uid("switch", minute), enabled=enabled,
            reason=reason, actor="risk-desk", occurred_at=T + minute * MINUTE)  # fmt: skip
    history.ensure_table(ledger)
    published = (T + timedelta(days=1)).replace(hour=0, minute=30)
    row = ["run", "c", None, None, "error", "pass", 0, 1, None, True, 0.0, published]
    ledger.insert_rows(history.TABLE, history.COLUMNS, [row])
    return ledger


def _plant(ledger: Engine) -> Engine:
    fill(ledger, "nowhere", T + 19 * MINUTE, SECOND)
    order(ledger, "dear", T + 20 * MINUTE, fee="0.5")
    order(ledger, "dear-inverse", T + 8 * MINUTE, price="50", fee="0.0012", instrument="X-INV")
    order(ledger, "slow", T + 21 * MINUTE, delay=timedelta(hours=2))
    order(ledger, "after-the-build", T + 22 * MINUTE, delay=timedelta(hours=15))
    order(ledger, "cancelled", T + 23 * MINUTE, cancelled=SECOND, filled=6 * SECOND)
    order(ledger, "amended", T + 24 * MINUTE)
    fill(ledger, "amendment", T + 24 * MINUTE + SECOND, MINUTE, order_id=uid("amended"),
         kind="CORRECTION", corrects_fill_id=uid("fill", "amended"))  # fmt: skip
    order(ledger, "unchecked", T + 25 * MINUTE, checked=None)
    order(ledger, "checked-later", T + 26 * MINUTE, checked=SECOND)
    order(ledger, "slipped", T + 27 * MINUTE, price="101", fee="0.101")
    order(ledger, "stopped", T + 45 * MINUTE + 30 * SECOND)
    order(ledger, "washed", T + 6 * MINUTE + 30 * SECOND, account="a2", side="SELL")
    order(ledger, "evening", T.replace(hour=22, minute=30))
    order(ledger, "weekend", T + timedelta(days=3))
    balance(ledger, T + 120 * MINUTE, "USD", "9406.4")
    put(ledger, "cash_movements", movement_id=uid("gift"), account_id="b1", kind="ADJUSTMENT",
        amount="5", currency="USD", reason="goodwill", occurred_at=T)  # fmt: skip
    put(ledger, "break_resolutions", resolution_id=uid("decided"), break_id="balance:USD",
        action="DISMISS", reason="rounding", actor="ops", occurred_at=T)  # fmt: skip
    return ledger
