"""The same id again: nothing where the content is the same, a named conflict where it is not."""

from __future__ import annotations

from tests.ingest.conftest import GOLDEN, Ledger
from tests.ingest.test_bad_files import FILLS
from tests.ingest.test_bad_rows import fill

ORDERS = (GOLDEN / "canonical-orders.csv").read_text().splitlines()[0] + "\n"


def order(status: str = "PENDING", quantity: str = "3", updated: str = "", cid: str = "c") -> str:
    return (
        f"northex,main,BTC-USDT,o,{cid},BUY,LIMIT,{quantity},9.5,,GTC,{status},"
        f"2026-03-02T08:00:00Z,,,,{updated},,\n"
    )


def test_within_a_file(market: Ledger) -> None:
    report = market.load(
        "canonical-fills", FILLS + fill() + fill(quantity="1.0") + fill(price="3", side="SELL")
    )
    assert (report.read, report.duplicates, report.quarantined) == (3, 1, 1)
    ((line, code, reason),) = market.rows("select line_number, reason_code, reason from quarantine")
    assert (line, code) == (4, "conflict")
    assert "side is SELL, an earlier row has BUY" in reason
    assert "price is 3, an earlier row has 2.5" in reason


def test_against_the_ledger(ledger: Ledger) -> None:
    ledger.declare()
    ledger.load("canonical-fills", FILLS + fill())
    before = ledger.facts()["order_fills"]
    report = ledger.load("canonical-fills", FILLS + fill(price="2.50") + fill(price="2.51"))
    assert (report.duplicates, report.quarantined) == (1, 1)
    ((reason,),) = ledger.rows("select reason from quarantine")
    assert reason == (
        "the same fill_id with different content: price is 2.51, the ledger has 2.5. "
        "A fill that was wrong is followed by a CORRECTION or a BUST of it"
    )
    assert ledger.facts()["order_fills"] == before


def test_terms_of_an_order_first_seen_on_its_fills(ledger: Ledger) -> None:
    ledger.declare()
    ledger.load("canonical-fills", FILLS + fill())
    (stub,) = ledger.rows("select * from orders")
    report = ledger.load("canonical-orders", ORDERS + order("FILLED", updated="2026-03-02T10:00Z"))
    assert report.appended == {"order_events": 2} and report.duplicates == 0
    assert ledger.rows("select * from orders") == [stub], "facts are not changed"
    assert ledger.rows(
        "select event_type, status, cast(order_quantity as varchar), "
        "cast(limit_price as varchar), sequence_number, data from order_events order by 5"
    ) == [
        ("RESTATED", None, "3.000000000000", "9.500000000000", 1,
         '{"client_order_id":"c","order_type":"LIMIT","stop_price":null,"time_in_force":"GTC",'
         '"slice_number":null,"total_slices":null,"sent_at":"2026-03-02 08:00:00"}'),
        ("FILLED", "FILLED", None, None, 2, None),
    ]  # fmt: skip
    again = ledger.load("canonical-orders", ORDERS + order("FILLED", updated="2026-03-02T10:00Z"))
    assert (again.batch_id, again.duplicates) == (None, 1)
    changed = ledger.load("canonical-orders", ORDERS + order(quantity="4"))
    assert (changed.appended, changed.quarantined) == ({}, 1)


def test_a_newer_export_of_the_same_orders_adds_events(market: Ledger) -> None:
    market.load("canonical-orders", ORDERS + order("PARTIAL", updated="2026-03-02T09:00Z"))
    report = market.load("canonical-orders", ORDERS + order("FILLED", updated="2026-03-02T10:00Z"))
    assert report.appended == {"order_events": 1} and report.duplicates == 0
    assert market.rows("select status from order_events order by sequence_number") == [
        ("PARTIAL",), ("FILLED",)
    ]  # fmt: skip


def test_declared_terms_of_what_was_first_seen_on_fills(market: Ledger) -> None:
    """The same words again are no conflict; other words are, as facts are not changed."""
    market.load("canonical-fills", FILLS + fill(account="new"))
    same = market.load("canonical-accounts", "account,venue\nnew,northex\n")
    assert (same.batch_id, same.duplicates) == (None, 1)
    other = market.load("canonical-accounts", "account,venue,account_type\nnew,northex,PAPER\n")
    assert other.quarantined == 1
    assert (
        "account_type is PAPER, the ledger has LIVE"
        in market.rows("select reason from quarantine")[0][0]
    )


def test_two_sides_of_a_trade_with_oneself(duck: Ledger) -> None:
    trade = (
        '{"symbol": "BNBBTC", "id": 1, "orderId": %s, "price": "4", "qty": "12", "commission": '
        '"0", "commissionAsset": "BNB", "time": 1499865549590, "isBuyer": %s, "isMaker": true}'
    )
    report = duck.load(
        "binance-trades", f"[{trade % (2, 'true')}, {trade % (3, 'false')}]", "trades.json"
    )
    assert report.appended["order_fills"] == 2 and report.quarantined == 0
