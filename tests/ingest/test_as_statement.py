"""Any format read as what the venue says: other facts of the same rows, and whole of a period."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.ingest.shapes.stated import Extent
from tests.ingest.conftest import GOLDEN, VENUES, Ledger
from tests.ingest.test_bad_files import FILLS
from tests.ingest.test_bad_rows import fill

_DECLARED = (
    "canonical-accounts", "canonical-instruments", "canonical-signals", "canonical-requests"
)  # fmt: skip
_STATED = "exchange_fill_id, exchange_order_id, instrument_id, side, quantity, price, fee_amount"


def venue_files() -> list[tuple[str, str]]:
    """The golden files of formats that tell fills or orders, by format and path."""
    from runner.ingest.formats import formats

    known = formats()
    paths = [*GOLDEN.iterdir(), *(p for folder in VENUES.iterdir() for p in folder.iterdir())]
    return sorted(
        (p.stem, str(p))
        for p in paths
        if p.suffix != ".facts" and set(known[p.stem].shapes) & {"fill", "order"}
    )


@pytest.mark.parametrize(("form", "path"), venue_files(), ids=lambda value: value)
def test_a_statement_states_what_its_facts_are(duck: Ledger, form: str, path: str) -> None:
    """Loaded both ways, in either order, a file agrees with itself: the ids are the same, too."""
    declared = VENUES / "okx" / "canonical-instruments.csv"
    if "okx" in path:
        duck.load_file("canonical-instruments", declared)
    elif form.startswith("canonical"):
        for needed in _DECLARED:
            duck.load_file(needed, GOLDEN / f"{needed}.csv")
    stated = duck.load_file(form, Path(path), extent=Extent())
    again = duck.load_file(form, Path(path), extent=Extent())
    assert again.batch_id is None and again.duplicates == stated.read - stated.quarantined
    duck.load_file(form, Path(path))
    fills = "select fill_id, order_id, raw_values, liquidity from"
    busted = "(select corrects_fill_id from order_fills where corrects_fill_id is not null)"
    assert set(duck.rows(f"{fills} statement_fills")) == set(
        duck.rows(f"{fills} order_fills where kind <> 'BUST' and fill_id not in {busted}")
    )
    assert duck.rows(f"select {_STATED} from statement_fills order by all") == duck.rows(
        f"select {_STATED} from (select f.*, o.exchange_order_id from order_fills as f "
        "inner join orders as o on f.order_id = o.order_id) "
        f"where kind <> 'BUST' and fill_id not in {busted} order by all"
    )
    ordered = "exchange_order_id, instrument_id, side"
    assert set(duck.rows(f"select {ordered} from statement_orders")) <= set(
        duck.rows(f"select {ordered} from orders")
    )
    assert duck.rows("select 1 from statement_fills") or duck.rows("select 1 from statement_orders")


def test_the_period_is_that_of_a_files_rows(ledger: Ledger) -> None:
    """Of each account, with the last moment in it; the batch says that it is a statement."""
    ledger.declare()
    rows = [
        fill(fill_id="a", executed_at="2026-03-02T09:00:00Z"),
        fill(fill_id="b", executed_at="2026-03-02T11:00:00Z"),
        fill(fill_id="c", executed_at="2026-03-02T10:00:00Z", account="other"),
    ]
    report = ledger.load("canonical-fills", FILLS + "".join(rows), extent=Extent())
    assert report.appended["statement_fills"] == 3
    assert not ledger.rows("select 1 from order_fills")
    own = ledger.rows("select account_id from statements where account_id <> 'other'")[0][0]
    assert ledger.rows(
        "select account_id, period_start, period_end, instrument_id from statements order by 1"
    ) == sorted(
        [
            (own, datetime(2026, 3, 2, 9), datetime(2026, 3, 2, 11, 0, 0, 1), None),
            ("other", datetime(2026, 3, 2, 10), datetime(2026, 3, 2, 10, 0, 0, 1), None),
        ]
    )
    assert ledger.rows(
        "select kind, format from ledger_batches order by batch_id desc limit 1"
    ) == [("STATEMENT", "canonical-fills as statement")]


def test_a_period_of_ones_own_is_one_statement_for_all_files(market: Ledger) -> None:
    paths = []
    for name in ("a", "b"):
        paths.append(market.folder / f"{name}.csv")
        paths[-1].write_text(FILLS + fill(fill_id=name))
    extent = Extent(datetime(2026, 3, 1), datetime(2026, 4, 1))
    market.load_file("canonical-fills", *paths, extent=extent)
    assert market.rows("select period_start, period_end from statements") == [
        (datetime(2026, 3, 1), datetime(2026, 4, 1))
    ]
    assert len(market.rows("select 1 from statement_fills")) == 2


def test_what_is_asked_for_by_symbol_tells_of_its_symbols_only(duck: Ledger) -> None:
    duck.load_file("binance-trades", GOLDEN / "binance-trades.json", extent=Extent())
    assert duck.rows("select distinct instrument_id from statement_fills order by 1") == duck.rows(
        "select instrument_id from statements order by 1"
    )


def test_a_busted_fill_is_not_stated(market: Ledger) -> None:
    head = FILLS.rstrip("\n") + ",kind,corrects_fill_id\n"
    rows = [
        fill(fill_id="a").rstrip("\n") + ",,\n",
        fill(fill_id="b").rstrip("\n") + ",,\n",
        fill(fill_id="a-bust").rstrip("\n") + ",BUST,a\n",
        fill(fill_id="b2", quantity="7").rstrip("\n") + ",CORRECTION,b\n",
    ]
    report = market.load("canonical-fills", head + "".join(rows), extent=Extent())
    assert (report.read, report.passed_over, report.quarantined) == (1, 3, 0)
    assert market.rows("select exchange_fill_id, quantity from statement_fills") == [
        ("b2", Decimal(7))
    ]


def test_rows_a_statement_does_not_tell_are_passed_over(duck: Ledger) -> None:
    path = VENUES / "bitstamp" / "bitstamp-transactions.csv"
    facts = duck.load_file("bitstamp-transactions", path)
    cash = facts.appended["cash_movements"]
    stated = duck.load_file("bitstamp-transactions", path, extent=Extent())
    assert stated.passed_over >= 1 and cash >= 1
    assert stated.appended["statement_fills"] == facts.appended["order_fills"]


def test_a_format_without_fills_or_orders(duck: Ledger) -> None:
    with pytest.raises(UsageError, match="nothing that a statement tells") as refused:
        duck.load_file("canonical-ticks", GOLDEN / "canonical-ticks.csv", extent=Extent())
    assert refused.value.code == "R285"


@pytest.mark.parametrize(
    ("form", "folder"),
    [("binance-orders", "binance"), ("bybit-orders", "bybit"), ("kraken-orders", "kraken"),
     ("coinbase-orders", "coinbase"), ("okx-orders", "okx"), ("bitmex-orders", "bitmex")],
)  # fmt: skip
def test_orders_say_how_much_was_filled(duck: Ledger, form: str, folder: str) -> None:
    """The venue's own figure, which no fact of the ledger is made of."""
    if folder == "okx":
        duck.load_file("canonical-instruments", VENUES / "okx" / "canonical-instruments.csv")
    report = duck.load_file(form, VENUES / folder / f"{form}.json", extent=Extent())
    assert report.appended["statement_orders"] > 0
    assert duck.rows("select 1 from statement_orders where filled_quantity > 0")
    assert not duck.rows(
        "select * from statement_orders where filled_quantity > quantity "
        "or (status = 'FILLED' and filled_quantity <> quantity)"
    )
    assert "missing_filled_quantity" not in {code for _, code in duck.reasons()}


def test_balances_are_stated_and_no_facts(duck: Ledger) -> None:
    path = VENUES / "binance" / "binance-account.json"
    with pytest.raises(UsageError) as refused:
        duck.load_file("binance-account", path)
    assert refused.value.code == "R285" and "--as statement" in str(refused.value.mend)
    assert not duck.rows("select 1 from ledger_batches")


def test_a_balance_without_a_moment_is_of_the_end_that_is_given(ledger: Ledger) -> None:
    answer = '{"error": [], "result": {"ZUSD": "5.25"}}'
    ledger.load("kraken-balance", answer, "balance.json", extent=Extent())
    assert ledger.reasons() == [(1, "missing_time")]
    for _ in range(2):
        ledger.load("kraken-balance", answer, "b.json", extent=Extent(end=datetime(2026, 3, 2)))
    assert ledger.rows("select currency, amount, stated_at from statement_balances") == [
        ("USD", Decimal("5.25"), datetime(2026, 3, 1, 23, 59, 59, 999999))
    ]
    assert ledger.rows("select period_end from statements") == [(datetime(2026, 3, 2),)]


def test_snapshots_in_one_file_are_one_statement(duck: Ledger) -> None:
    def told(moment: int, amount: str) -> str:
        return (
            f'{{"timestamp": {moment}, "free": {{}}, "used": {{}}, "total": {{"BTC": {amount}}}}}'
        )

    rows = [told(1706615536016, "1.5"), told(1706615537016, "1.25"), told(1706615537016, "1.25")]
    report = duck.load("ccxt-balance", "\n".join(rows), "b.json", extent=Extent(), account="main")
    assert (report.read, report.duplicates) == (3, 1)
    assert len(duck.rows("select 1 from statements")) == 1
    other = "\n".join([*rows[:2], told(1706615537016, "7")])
    assert duck.load("ccxt-balance", other, "c.json", extent=Extent(), account="main").read == 3
    assert duck.reasons() == [(3, "conflict")]


def test_of_a_log_an_order_stands_as_its_last_message_tells_it(duck: Ledger) -> None:
    report = {
        "e": "executionReport", "s": "ETHBTC", "c": "mine", "S": "BUY", "o": "LIMIT", "f": "GTC",
        "q": "1.0", "p": "0.1", "P": "0", "C": "", "x": "NEW", "X": "NEW", "r": "NONE", "i": 42,
        "l": "0", "z": "0", "L": "0", "n": "0", "N": None, "T": 1499405658657, "t": -1,
        "O": 1499405658657,
    }  # fmt: skip
    trade = {"x": "TRADE", "X": "PARTIALLY_FILLED", "l": "0.4", "z": "0.4", "L": "0.1", "t": 17}
    later = {"T": 1499405658999}
    messages = [
        report | trade | later | {"x": "CANCELED", "X": "CANCELED", "t": -1}, report,
        report | trade,
    ]  # fmt: skip
    lines = "\n".join(json.dumps(message) for message in [*messages, {"e": "balanceUpdate"}])
    found = duck.load("binance-spot-reports", lines, "a.ndjson", extent=Extent())
    assert (found.quarantined, found.appended["statement_orders"]) == (1, 1)
    told = "select status, cast(filled_quantity as varchar) from statement_orders"
    assert duck.rows(told) == [("CANCELLED", "0.400000000000")]
    again = duck.load("binance-spot-reports", lines, "a.ndjson", extent=Extent())
    assert again.batch_id is None
