"""Other layouts that brokers and programs export the same trades in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import duckdb
import pytest

from tests.canonical_files import FILLS_HEADER as FILLS
from tests.ingest.conftest import VENUES, Ledger
from tests.ingest.test_xml import STATEMENT

ATTRIBUTES = {
    "accountId": "ClientAccountID", "currency": "CurrencyPrimary", "assetCategory": "AssetClass",
    "symbol": "Symbol", "underlyingSymbol": "UnderlyingSymbol", "multiplier": "Multiplier",
    "tradeID": "TradeID", "origTradeID": "OrigTradeID", "dateTime": "DateTime",
    "tradeDate": "TradeDate", "tradeTime": "TradeTime", "quantity": "Quantity",
    "tradePrice": "TradePrice", "taxes": "Taxes", "ibCommission": "IBCommission",
    "ibCommissionCurrency": "IBCommissionCurrency", "buySell": "Buy/Sell",
    "ibOrderID": "IBOrderID", "levelOfDetail": "LevelOfDetail", "settleDateTarget":
    "SettleDateTarget", "notes": "Notes/Codes",
}  # fmt: skip


def flex_csv() -> str:
    """The statement in XML as the columns that a Flex Query writes as CSV, of two accounts."""
    lines = [",".join(f'"{name}"' for name in ATTRIBUTES.values())]
    for element in re.findall(r"<Trade .*", STATEMENT.read_text(encoding="utf-8")):
        found = dict(re.findall(r'(\w+)="([^"]*)"', element))
        lines.append(",".join(f'"{found.get(name, "")}"' for name in ATTRIBUTES))
    return "\n".join([*lines[:4], lines[0], *lines[4:]]).replace("&amp;", "&") + "\n"


def test_flex_queries_in_csv_and_xml_are_the_same_facts(
    open_copy: Callable[[str], Ledger],
) -> None:
    csv, xml = open_copy("duckdb"), open_copy("duckdb")
    report = csv.load("ibkr-flex-trades", flex_csv(), "flex.csv")
    xml.load_file("ibkr-flex-trades", STATEMENT)
    # a line of sums, and the columns named again
    assert (report.read, report.passed_over) == (10, 2)
    for table in ("order_fills", "orders", "instruments", "accounts"):
        assert csv.facts()[table] == xml.facts()[table], table
    assert csv.load("ibkr-flex-trades", flex_csv(), "again.csv").batch_id is None


def test_a_trade_without_an_order_and_its_cancellation_are_of_one(duck: Ledger) -> None:
    trade = (
        '<Trade accountId="U1" currency="USD" assetCategory="STK" symbol="BP" multiplier="1" '
        'dateTime="20180927;145131" quantity="{0}" tradePrice="46.96" taxes="0" ibCommission="0" '
        'ibCommissionCurrency="USD" buySell="{1}" tradeID="{2}" origTradeID="{3}" ibOrderID="" '
        'levelOfDetail="EXECUTION" />'
    )
    rows = trade.format(5, "BUY", "71", "") + trade.format(-5, "BUY (Ca.)", "72", "71")
    statement = f"<FlexQueryResponse><Trades>{rows}</Trades></FlexQueryResponse>"
    assert duck.load("ibkr-flex-trades", statement, "flex.xml").quarantined == 0
    found = duck.rows("select count(*), count(distinct order_id) from order_fills")
    assert found == [(2, 1)]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("20250115;093000", "2025-01-15 14:30:00"),
        ("2025-07-15;09:30:00", "2025-07-15 13:30:00"),
        ("2025-07-15;09:30:00 EDT", "2025-07-15 13:30:00"),
        ("2025-07-15, 09:30:00 UTC", "2025-07-15 09:30:00"),
        ("2025-07-15;09:30:00 CET", None),
        ("07/15/2025;09:30:00", None),
        ("20250715", None),
    ],
)
def test_flex_times(duck: Ledger, written: str, moment: str | None) -> None:
    duck.load(
        "ibkr-flex-trades",
        "ClientAccountID,CurrencyPrimary,AssetClass,Symbol,TradeID,DateTime,Quantity,TradePrice,"
        f'IBCommission,Buy/Sell\nU1,USD,STK,A,1,"{written}",2,5,-1,BUY\n',
    )
    found = duck.rows("select cast(executed_at as varchar) from order_fills")
    assert found == ([(moment,)] if moment else [])
    assert duck.reasons() == ([] if moment else [(2, "not_a_time")])


def test_nautilus_in_parquet_and_json(open_copy: Callable[[str], Ledger]) -> None:
    path = VENUES / "nautilus" / "nautilus-fills.csv"
    whole = open_copy("duckdb")
    whole.load_file("nautilus-fills", path)
    for suffix in ("parquet", "json"):
        ledger = open_copy("duckdb")
        copy = ledger.folder / f"fills.{suffix}"
        duckdb.sql(
            f"copy (from read_csv('{path}', all_varchar = true)) to '{copy}' "
            + ("" if suffix == "parquet" else "(array true)")
        )
        ledger.load_file("nautilus-fills", copy)
        assert ledger.facts()["order_fills"] == whole.facts()["order_fills"]


def test_a_backtest_holds_trades_by_strategy(open_copy: Callable[[str], Ledger]) -> None:
    path = VENUES / "freqtrade" / "freqtrade-trades.json"
    trades = json.loads(path.read_text(encoding="utf-8"))
    plain, backtest = open_copy("duckdb"), open_copy("duckdb")
    plain.load_file("freqtrade-trades", path)
    result = {"strategy": {"S": {"trades": trades, "results": 1}}, "strategy_comparison": []}
    report = backtest.load("freqtrade-trades", json.dumps(result), "backtest.json")
    assert (report.read, report.quarantined) == (5, 2)
    for table in ("order_fills", "cash_movements"):
        assert plain.facts()[table] == backtest.facts()[table]
    api = plain.load("freqtrade-trades", json.dumps({"trades": trades}), "api.json")
    assert (api.appended, api.duplicates) == ({}, 3)


def test_canonical_ndjson_keeps_every_digit(market: Ledger) -> None:
    cells = "northex,main,BTC-USDT,o,f,BUY,1,1,0,,,2026".split(",")  # noqa: SIM905
    row = dict(zip(FILLS.strip().split(","), cells, strict=True))
    row |= {"executed_at": "2026-01-01T00:00:00Z", "quantity": "Q", "price": "P"}
    exact = json.dumps(row).replace('"Q"', "0.123456789012").replace('"P"', "1234567890123.1e-2")
    float_ = exact.replace('"f"', '"g"').replace("0.123456789012", "0.30000000000000004")
    report = market.load("canonical-fills", f"\ufeff{exact}\r\n{float_}\r\nx\r\n", "fills.ndjson")
    assert (report.read, report.quarantined) == (3, 2)
    assert market.reasons() == [(2, "binary_float"), (3, "not_json")]
    assert market.rows(
        "select cast(quantity as varchar), cast(price as varchar) from order_fills"
    ) == [("0.123456789012", "12345678901.231000000000")]
