"""A row that cannot become a fact: set aside verbatim, with its line and its first reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.conftest import GOLDEN, Ledger
from tests.ingest.test_bad_files import FILLS

GOOD = {
    "venue": "northex", "account": "main", "symbol": "BTC-USDT", "order_id": "o", "fill_id": "f",
    "side": "BUY", "quantity": "1", "price": "2.5", "fee_amount": "0", "fee_currency": "",
    "liquidity": "", "executed_at": "2026-03-02T09:00:00Z",
}  # fmt: skip


def fill(**changes: str) -> str:
    return ",".join({**GOOD, **changes}.values()) + "\n"


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"venue": ""}, "missing", "venue is empty"),
        ({"symbol": "", "price": "x"}, "missing", "symbol is empty"),
        ({"price": "abc"}, "not_a_number", "'abc'"),
        ({"price": "1_000"}, "not_a_number", "1_000"),
        ({"price": "0x10"}, "not_a_number", "0x10"),
        ({"price": "1.2.3"}, "not_a_number", "1.2.3"),
        ({"price": "NaN"}, "not_finite", "NaN"),
        ({"price": "-inf"}, "not_finite", "-inf"),
        ({"price": "Infinity"}, "not_finite", "Infinity"),
        ({"price": "123456789012345678901234567"}, "too_many_digits", "26 digits"),
        ({"quantity": "1e27"}, "too_many_digits", "1e27"),
        ({"quantity": "0"}, "not_positive", "quantity is 0"),
        ({"quantity": "-1"}, "not_positive", "quantity is -1"),
        ({"quantity": "0.0000000000001"}, "not_positive", "0.0000000000001"),
        ({"price": "-1"}, "price_not_positive", "allows_negative_price"),
        ({"price": "1e-13"}, "price_not_positive", "is 1e-13, 0 at the 12 decimals that are kept,"),
        ({"price": "0"}, "price_not_positive", "price is 0, and BTC-USDT does"),
        ({"side": "LONG"}, "unknown_word", "BUY, SELL"),
        ({"liquidity": "both"}, "unknown_word", "MAKER, TAKER"),
        ({"executed_at": "02/03/2026"}, "not_a_time", "02/03/2026"),
        ({"executed_at": "2026-02-30T00:00:00Z"}, "not_a_time", "2026-02-30"),
        ({"executed_at": "20260302"}, "not_a_time", "20260302"),
        ({"executed_at": "2026-01-01T00:00:00+25:00"}, "not_a_time", "+25:00"),
        ({"executed_at": "2026-01-01T00:00:00-09:99"}, "not_a_time", "-09:99"),
        ({"executed_at": "0001-01-01T00:00:00Z"}, "not_a_time", "before 1900 or after 2099"),
        ({"executed_at": "0001-01-01T00:00:00+05:00"}, "not_a_time", "before 1900"),
        ({"executed_at": "0000-12-31T00:00:00Z"}, "not_a_time", "before 1900"),
        ({"executed_at": "0044-03-15 (BC) 00:00:00"}, "not_a_time", "before 1900"),
        ({"executed_at": "9999-12-31T23:59:59-05:00"}, "not_a_time", "after 2099"),
        ({"executed_at": "2100-01-01T00:00:00Z"}, "not_a_time", "after 2099"),
        ({"quantity": "100000000", "price": "1000000"}, "too_large", "100000000 at price 1000000"),
        ({"quantity": "123456789012345678901"}, "too_large", "10^20"),
        ({"quantity": "1e20", "price": "1e-12"}, "too_large", "quantity is 1e20"),
        ({"symbol": "BTC-INV", "quantity": "100000000000"}, "too_large", "and multiplier 100 is"),
        (
            {"symbol": "BTC-INV", "quantity": "1000000000.5", "price": "65000.123456789012"},
            "too_large",
            "has more than 12 decimals",
        ),
        ({"quantity": "0.000001", "price": "10000000000000"}, "too_large", "price is 10000000000"),
        ({"fee_amount": "1e13", "fee_currency": "USDT"}, "too_large", "fee_amount is 1e13"),
        ({"symbol": "BTCUSDT"}, "unknown_instrument", "canonical-instruments"),
        ({"fee_amount": "1"}, "missing_fee_currency", "fee_currency"),
    ],
)
def test_reason(market: Ledger, changes: dict[str, str], code: str, words: str) -> None:
    row = fill(**changes)
    report = market.load("canonical-fills", FILLS + fill(fill_id="good") + row)
    assert (report.read, report.quarantined, report.appended["order_fills"]) == (2, 1, 1)
    (found,) = market.rows("select line_number, reason_code, reason, raw, format from quarantine")
    assert found[:2] == (3, code)
    assert words in str(found[2])
    assert found[3] == row.rstrip("\n")
    assert found[4] == "canonical-fills"


def test_of_each_reason_one_row_is_told_at_once(tmp_path: Path, cli: Any) -> None:
    assert cli(tmp_path, "init", "p", "--empty").exit_code == 0
    rows = [{"price": "x"}, {"side": "LONG"}, {"side": "SHORT"}]
    (tmp_path / "p" / "a.csv").write_text(FILLS + "".join(fill(**row) for row in rows))
    said = cli(tmp_path / "p", "ingest", "a.csv", "--format", "canonical-fills").stderr
    assert said.splitlines()[2:] == [
        "  warning: 3 rows were set aside in quarantine: 2 unknown_word, 1 not_a_number",
        "  refused: a.csv:3: unknown_word: side is 'LONG', not one of BUY, SELL",
        "  refused: a.csv:2: not_a_number: price is 'x', not a decimal number such as 1234.5",
        "  all of them: runner quarantine list; later: runner quarantine retry",
    ]


def test_kinds_of_fill(market: Ledger) -> None:
    header = FILLS.rstrip("\n") + ",kind,corrects_fill_id\n"
    rows = [
        (fill(fill_id="f1").rstrip() + ",TRADE,f0", "corrects_without_kind"),
        (fill(fill_id="f2").rstrip() + ",BUST,", "missing_corrected_fill"),
        (fill(fill_id="f3").rstrip() + ",BUST,nowhere", "unknown_fill"),
        (fill(fill_id="f4").rstrip() + ",CORRECTION,f3", "unknown_fill"),
        (fill(fill_id="f6", order_id="other").rstrip() + ",BUST,f5", "contradicts_fill"),
        (fill(fill_id="f7", order_id="other").rstrip() + ",CORRECTION,f6", "unknown_fill"),
        (fill(fill_id="f10").rstrip() + ",CORRECTION,f10", "corrects_itself"),
        (fill(fill_id="f5").rstrip() + ",BUST,f5", "corrects_itself"),
    ]
    good = [fill(fill_id="f8").rstrip() + ",CORRECTION,f5", fill(fill_id="f5").rstrip() + ",TRADE,"]
    content = header + "\n".join([*(row for row, _ in rows), *good]) + "\n"
    report = market.load("canonical-fills", content)
    assert report.appended["order_fills"] == len(good)
    expected = [(n, code) for n, (_, code) in enumerate(rows, start=2)]
    assert market.reasons() == expected
    # of a fill the ledger has already
    row = fill(fill_id="f9", order_id="other").rstrip() + ",BUST,f5"
    market.load("canonical-fills", header + row, "later.csv")
    assert (2, "contradicts_fill") in market.reasons()


def test_wrong_number_of_cells_and_quotes(market: Ledger) -> None:
    content = (
        "\ufeff" + FILLS + "\r\n" + fill().replace("\n", "\r\n")
        + "too,few\r\n"
        + fill(fill_id='"multi\nline, ""quoted"""')
        + fill(fill_id='a"b"')
        + fill(fill_id="after").replace(",", " , ")
    )  # fmt: skip
    report = market.load("canonical-fills", content)
    assert (report.read, report.quarantined) == (5, 2)
    assert market.rows("select line_number, reason_code, raw from quarantine order by 1") == [
        (4, "wrong_cell_count", "too,few"),
        (7, "wrong_cell_count", fill(fill_id='a"b"').strip()),
    ]
    assert set(market.rows("select exchange_fill_id from order_fills")) == {
        ("f",), ('multi\nline, "quoted"',), ("after",)
    }  # fmt: skip


def test_the_same_bad_row_is_kept_once(market: Ledger) -> None:
    content = FILLS + fill(price="x")
    first = market.load("canonical-fills", content)
    again = market.load("canonical-fills", content)
    assert (first.batch_id, again.batch_id, again.quarantined) == (3, None, 1)
    assert len(market.rows("select 1 from quarantine")) == 1


def test_a_mended_reference_loads_on_the_second_try(market: Ledger) -> None:
    content = FILLS + fill(symbol="NEW")
    market.load("canonical-fills", content)
    market.load(
        "canonical-instruments",
        "symbol,base_currency,quote_currency,settlement_currency,multiplier,is_inverse\n"
        "NEW,N,USDT,,,false\n",
    )
    assert market.load("canonical-fills", content).appended == {"order_fills": 1, "orders": 1}


def test_a_fill_contradicts_its_order(market: Ledger) -> None:
    market.load(
        "canonical-fills",
        FILLS + fill() + fill(fill_id="g", side="SELL", executed_at="2026-03-02T09:00:01Z"),
    )
    market.load("canonical-fills", FILLS + fill(fill_id="h", symbol="BTC-PERP"))
    assert market.reasons() == [(2, "contradicts_order"), (3, "contradicts_order")]
    assert market.rows("select side, instrument_id from orders") == [("BUY", "BTC-USDT")]


AMENDED = FILLS.rstrip("\n") + ",kind,corrects_fill_id\n"


def amended(row: str, kind: str = "", corrects: str = "") -> str:
    return f"{row.rstrip()},{kind},{corrects}\n"


def test_what_amends_a_refused_fill_is_refused(market: Ledger) -> None:
    market.load("canonical-fills", FILLS + fill(fill_id="a", side="SELL"))
    right = amended(fill(fill_id="k", side="SELL"), "CORRECTION", "f")
    market.load("canonical-fills", AMENDED + amended(fill()) + right)
    assert market.reasons() == [(2, "contradicts_order"), (3, "unknown_fill")]
    assert market.rows("select count(*) from order_fills") == [(1,)]


def test_a_trade_tells_what_its_order_is(market: Ledger) -> None:
    earlier = fill(fill_id="k", side="SELL", executed_at="2026-03-01T09:00:00Z")
    other = amended(earlier, "CORRECTION", "f")
    market.load("canonical-fills", AMENDED + amended(fill()) + other)
    assert market.reasons() == [(3, "contradicts_order")]
    assert market.rows("select side from orders") == [("BUY",)]


def test_other_shapes(market: Ledger) -> None:
    cases = {
        "canonical-ticks": (
            "symbol,bid_price,ask_price,event_at\n",
            {"BTC-USDT,2,1,2026-01-01": "crossed",
             "BTC-USDT,0,1,2026-01-02": "price_not_positive",
             # its mid would not fit, and must not stop the file
             f"BTC-USDT,{'9' * 26},{'9' * 26},2026-01-03": "too_large"},
        ),
        "canonical-cash": (
            "venue,account,movement_id,kind,amount,currency,occurred_at\n",
            {"x,main,1,DEPOSIT,-1,USDT,2026-01-01": "wrong_sign",
             "x,main,2,FUNDING,1,USDT,2026-01-01": "missing_symbol",
             "x,main,3,DEPOSIT,1e20,USDT,2026-01-01": "too_large"},
        ),
        "canonical-events": (
            "event_type,occurred_at,venue,account,order_id\n",
            {"FILLED,2026-01-01,northex,main,none": "unknown_order",
             "FILLED,2026-01-01,,main,o": "incomplete_order",
             "FILLED,2026-01-01,,,": "missing_subject"},
        ),
        "canonical-statement-fills": (
            "venue,account,period_start,period_end,symbol,order_id,fill_id,side,quantity,price,"
            "fee_amount,fee_currency,executed_at\n",
            {"x,main,2026-01-01,2026-01-02,BTC-USDT,o,f,BUY,1,1,0,,2026-01-01":
             "unknown_statement"},
        ),
        "canonical-instruments": (
            "symbol,base_currency,quote_currency,settlement_currency,multiplier,is_inverse,"
            "instrument_type,allows_negative_price\n",
            {"A,B,C,,0,false,,": "not_positive", "B,B,C,,1,maybe,,": "not_a_boolean",
             "C,B,C,,1,true,SPOT,": "type_contradicts_is_inverse",
             # nothing pays 1 / 0
             "D,B,C,,1,true,INVERSE,true": "inverse_needs_price",
             # a fee in B would take whole contracts from the book
             "E,B,C,,10,false,SPOT,": "spot_of_several_units",
             "F,B,B,,,false,SPOT,": "same_currencies"},
        ),
        "canonical-tier-events": (
            "account,tier,occurred_at,gates_passed\n",
            {"main,SNIPER,2026-01-01,[1": "not_json"},
        ),
        "canonical-activity": (
            "account,kind,occurred_at,click_latency_ms\n",
            {"main,CLICK,2026-01-01,1.5": "not_an_integer",
             "main,CLICK,2026-01-01,-1": "negative",
             "main,JOURNAL,2026-01-01,": "missing_entry"},
        ),
    }  # fmt: skip
    for form, (header, rows) in cases.items():
        report = market.load(form, header + "\n".join(rows))
        found = market.rows(
            f"select reason_code from quarantine where format = '{form}' order by line_number"
        )
        assert [code for (code,) in found] == list(rows.values())
        assert report.read == report.quarantined == len(rows)


def test_a_fill_of_no_size_is_refused(market: Ledger) -> None:
    """A position that is held and has no size has no price, and would stop every build."""
    header = "symbol,base_currency,quote_currency,settlement_currency,multiplier,is_inverse\n"
    market.load("canonical-instruments", header + "TINY,B,USDT,USDT,0.000001,false\n")
    small, enough = (
        fill(symbol="TINY", order_id=f"t{q}", fill_id=f"t{q}", quantity=q)
        for q in ("0.0000004", "0.0000005")
    )
    report = market.load("canonical-fills", FILLS + small + enough)
    assert report.appended == {"order_fills": 1, "orders": 1}
    ((code, why),) = market.rows("select reason_code, reason from quarantine")
    assert code == "not_positive"
    assert "quantity 0.0000004 times multiplier 0.000001 is 0 at the 12 decimals" in why


def test_a_contract_of_unknown_size_is_named(duck: Ledger) -> None:
    header = "symbol,base_currency,quote_currency,settlement_currency,multiplier,is_inverse\n"
    # a settlement apart from the quote currency is a derivative's
    rows = "SPOT,B,Q,Q,,false\nINV,B,Q,B,,true\nQUANTO,B,Q,S,,false\nSIZED,B,Q,B,1,true\n"
    report = duck.load("canonical-instruments", header + rows)
    (warning,) = report.warnings
    assert "contract size is taken to be 1 for INV, QUANTO, " in warning
    assert duck.load("canonical-instruments", header + rows).warnings == []


@pytest.mark.parametrize(
    ("moments", "warned"),
    [
        (["1971-01-01T00:00:00Z", "2026-03-11T11:59:00Z"], None),  # it is the 10th, at noon
        (["1970-01-21T12:00:00Z", "2026-03-01T00:00:00Z"], ("1", "1970-01-21 to 1970-01-21")),
        (["2026-03-12T00:00:00Z", "2099-01-01T00:00:00Z"], ("2", "2026-03-12 to 2099-01-01")),
    ],
)
def test_moments_that_can_hardly_be_are_named(market: Ledger, moments, warned) -> None:
    header = "symbol,bid_price,ask_price,event_at\n"
    rows = "".join(f"BTC-USDT,1,2,{moment}\n" for moment in moments)
    report = market.load("canonical-ticks", header + rows)
    assert report.appended == {"market_ticks": 2}
    if warned is None:
        assert report.warnings == []
    else:
        (warning,) = report.warnings
        count, period = warned
        assert warning.startswith(f"{count} market_ticks happened before 1971 or after tomorrow")
        assert period in warning


def test_orders(market: Ledger) -> None:
    header = (GOLDEN / "canonical-orders.csv").read_text().splitlines()[0] + "\n"
    base = "northex,main,BTC-USDT,{0},{1},BUY,{2},{3},{4},,GTC,{5},2026-03-02,{6},{7},{8},,,\n"
    rows = [
        base.format("a", "c", "LIMIT", 1, "", "PENDING", "", "", ""),
        base.format("b", "c", "LIMIT", 1, 5, "DONE", "", "", ""),
        base.format("c", "c", "LIMIT", 0, 5, "PENDING", "", "", ""),
        base.format("d", "c", "LIMIT", 1, 5, "PENDING", "", 3, 2),
        base.format("e", "c", "LIMIT", 1, 5, "PENDING", "req-none", "", ""),
        base.format("f", "c", "LIMIT", 1, 5, "PENDING", "", "", ""),
        base.format("g", "c", "LIMIT", 1, 5, "PENDING", "", "", ""),
    ]
    market.load("canonical-orders", header + "".join(rows))
    assert [code for _, code in market.reasons()] == [
        "missing_price", "unknown_word", "not_positive", "bad_slices", "unknown_request",
        "client_order_id_taken",
    ]  # fmt: skip


def test_json_records(duck: Ledger) -> None:
    lines = [
        '{"symbol": "BNBBTC", "id": 1, "orderId": 2, "price": 4.0000010000000000001, "qty": 12, '
        '"commission": 0.10, "commissionAsset": "BNB", "time": 1499865549590, "isBuyer": true}',
        '{"symbol": "BNBBTC", "id": 2, "orderId": 2, "price": NaN, "qty": 12, '
        '"commission": 0.10, "commissionAsset": "BNB", "time": 1499865549590, "isBuyer": true}',
        "not json",
        "[1, 2]",
    ]
    report = duck.load("binance-trades", "\n".join(lines), "trades.ndjson")
    assert (report.read, report.quarantined) == (4, 3)
    assert duck.reasons() == [(2, "not_finite"), (3, "not_json"), (4, "not_json")]
    ((price, is_rounded, raw),) = duck.rows("select price, is_rounded, raw_values from order_fills")
    assert str(price) == "4.000001000000" and is_rounded
    assert json.loads(raw) == {"price": "4.0000010000000000001"}


def test_numbers_in_json_are_read_from_their_text(ledger: Ledger) -> None:
    """No digit passes through a float; and what a float left behind is refused, not rounded."""
    ccxt = (
        '{"id": "%s", "order": "9", "timestamp": 1698138992358, "symbol": "LTC/USDT", "side": '
        '"buy", "price": %s, "amount": %s, "cost": 13.926000000000002, "fee": null}'
    )
    binance = (
        '{"symbol": "BNBBTC", "id": %s, "orderId": 2, "price": %s, "qty": %s, "commission": 0, '
        '"commissionAsset": "BNB", "time": 1499865549590, "isBuyer": true, "isMaker": true}'
    )
    cases = {
        ("36567.1000000000000001", "1e-8"): ("36567.100000000000", "0.000000010000"),
        ("1.5E3", "2345678901.123456789012"): ("1500.000000000000", "2345678901.123456789012"),
        ("13733.333333333334", "1"): ("13733.333333333334", "1.000000000000"),
        # a quoted number is text, as a venue's own words are
        ('"0.30000000000000004"', "1"): ("0.300000000000", "1.000000000000"),
        ("0.30000000000000004", "1"): "price is 0.30000000000000004, a binary float that stands "
        "for 0.3: have the exporter write decimals, or text",
        ("1", "64000.299999999996"): "quantity is 64000.299999999996, a binary float that stands "
        "for 64000.3: have the exporter write decimals, or text",
    }
    for form, pattern in (("ccxt-trades", ccxt), ("binance-trades", binance)):
        rows = ",\n".join(pattern % (n, *texts) for n, texts in enumerate(cases))
        ledger.load(form, f"[{rows}]", f"{form}.json", venue=form)
        fills = ledger.rows(
            "select cast(price as varchar), cast(quantity as varchar) from order_fills "
            f"where venue = '{form}' order by exchange_fill_id"
        )
        assert fills == [found for found in cases.values() if isinstance(found, tuple)]
        refused = ledger.rows(
            "select reason_code, reason from quarantine "
            f"where format = '{form}' order by line_number"
        )
        assert refused == [("binary_float", why) for why in cases.values() if isinstance(why, str)]


def test_ccxt_fees(duck: Ledger) -> None:
    trade = {
        "id": "1", "order": "9", "timestamp": 1698138992358, "symbol": "LTC/USDT", "side": "buy",
        "price": 70.1, "amount": 2, "takerOrMaker": "maker",
    }  # fmt: skip

    def fee(cost: object, currency: str | None) -> dict[str, object]:
        return {"cost": cost, "currency": currency}

    trades = [
        {**trade, "id": "none"},
        {**trade, "id": "null", "fee": {"cost": None, "currency": None}, "fees": []},
        {**trade, "id": "one", "fee": fee(-0.1, "USDT"), "fees": [fee(-0.1, "USDT")]},
        {**trade, "id": "sum", "fees": [fee(0.1, "USDT"), fee("0.02", "USDT")]},
        {**trade, "id": "two", "fees": [fee(0.1, "USDT"), fee(0.02, "LTC")]},
        {**trade, "id": "half", "fees": [fee(0.1, "USDT"), fee(0.02, None)]},
        {**trade, "id": "odd", "fees": [fee(0.1, "USDT"), fee("much", "USDT")]},
        {**trade, "id": "swap", "symbol": "BTC/USD:BTC"},
        {**trade, "id": "alone", "order": None},
        {**trade, "id": None},
    ]
    report = duck.load("ccxt-trades", json.dumps(trades), "t.json", account="main")
    assert duck.rows(
        "select exchange_fill_id, cast(fee_amount as varchar), fee_currency, venue, account_id "
        "from order_fills order by 1"
    ) == [
        ("alone", "0.000000000000", None, "ccxt", "main"),
        ("none", "0.000000000000", None, "ccxt", "main"),
        ("null", "0.000000000000", None, "ccxt", "main"),
        ("one", "-0.100000000000", "USDT", "ccxt", "main"),
        ("sum", "0.120000000000", "USDT", "ccxt", "main"),
    ]
    assert duck.reasons() == [
        (5, "several_fee_currencies"), (6, "missing_fee_currency"), (7, "not_a_number"),
        (8, "unknown_instrument"), (10, "missing"),
    ]  # fmt: skip
    assert report.quarantined == 5
    assert len(duck.rows("select 1 from orders")) == 2
