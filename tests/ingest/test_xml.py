"""Statements in XML: which elements are rows, and what makes a file no statement."""

from __future__ import annotations

import pytest

from runner.errors import InputError
from runner.ingest.kept_rows import Selection
from runner.ingest.retry import retry
from tests.canonical_files import INSTRUMENT
from tests.ingest.conftest import NOW, VENUES, Ledger

STATEMENT = VENUES / "ibkr" / "ibkr-flex-trades.xml"
TRADE = (
    '<Trade accountId="U1" currency="USD" assetCategory="STK" symbol="{}" tradeID="{}" '
    'dateTime="20250115;093000" quantity="2" tradePrice="5" ibCommission="-1" '
    'ibCommissionCurrency="USD" buySell="BUY" ibOrderID="7"/>'
)


def flex(*trades: str) -> str:
    return f"<FlexQueryResponse><Trades>{''.join(trades)}</Trades></FlexQueryResponse>"


def ids(ledger: Ledger) -> list[str]:
    return [row[0] for row in ledger.rows("select exchange_fill_id from order_fills order by 1")]


def test_elements_wherever_they_stand(duck: Ledger) -> None:
    text = flex(TRADE.format("A", 1), TRADE.format("A", 2), "\n", TRADE.format("A", 3) * 2)
    report = duck.load("ibkr-flex-trades", "\ufeff" + text.replace("\n", "\r\n"), "a.xml")
    assert (report.read, report.duplicates, report.quarantined) == (4, 1, 0)
    assert ids(duck) == ["1", "2", "3"]


def test_a_value_may_hold_what_ends_an_element(duck: Ledger) -> None:
    odd = TRADE.format("A", 1).replace("quantity", 'note="a > b &lt; c" quantity')
    bad = odd.replace('quantity="2"', 'quantity="two"').replace('tradeID="1"', 'tradeID="2"')
    duck.load("ibkr-flex-trades", flex(odd, bad), "a.xml")
    assert duck.rows("select reason_code, raw from quarantine") == [("not_a_number", bad)]
    assert ids(duck) == ["1"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (flex(TRADE.format("A", 1))[:-30], "R276"),
        (flex(TRADE.format("A", 1), TRADE.format("A", 2)[:-20]), "R276"),
        (flex('<Trade symbol="A" symbol="B"/>'), "R276"),
        ('<!DOCTYPE x [<!ENTITY a "aaaa">]>' + flex(TRADE.format("&a;", 1)), "R273"),
        (flex(TRADE.format("A" * (17 << 20), 1)), "R277"),
    ],
)
def test_no_statement(duck: Ledger, text: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        duck.load("ibkr-flex-trades", text, "a.xml")
    assert caught.value.code == code and caught.value.where
    assert ids(duck) == [] and not duck.rows("select 1 from quarantine")


def test_a_refused_element_can_be_loaded_after_all(duck: Ledger) -> None:
    bond = TRADE.format("BOND", 1).replace("STK", "BOND")
    duck.load("ibkr-flex-trades", flex(bond), "a.xml")
    declared = INSTRUMENT.replace("BTC-USDT,BTC", "BOND,BOND")
    duck.load("canonical-instruments", declared, "declared.csv")
    assert retry(duck.engine, duck.config, Selection(), now=NOW).loaded == 1
    assert ids(duck) == ["1"]
