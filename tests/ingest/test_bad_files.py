"""A file that cannot be read as what it is called: one clear error, and nothing kept."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from runner.errors import InputError, QuarantinedRows, UsageError
from tests.canonical_files import FILLS_HEADER as FILLS
from tests.ingest.conftest import Ledger


def refused(ledger: Ledger, form: str, content: str | bytes, name: str = "") -> InputError:
    before = ledger.facts()
    with pytest.raises(InputError) as caught:
        ledger.load(form, content, name)
    error = caught.value
    assert error.what and error.where and error.mend, str(error)
    assert ledger.facts() == before
    assert not ledger.rows("select 1 from ledger_batches")
    return error


@pytest.mark.parametrize(
    ("name", "near"),
    [("canonical-fill", "canonical-fills?"), ("fix", "fix-executions?"),
     ("binance-trade", "binance-trade-history or binance-trades?"),
     ("nautilus", "nautilus-fills or nautilus-orders?"), ("xyz", "--format auto")],
)  # fmt: skip
def test_unknown_format_names_the_near_ones(duck: Ledger, name: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        duck.load(name, FILLS)
    assert caught.value.code == "R270" and near in str(caught.value.mend)


def test_missing_file(duck: Ledger) -> None:
    with pytest.raises(InputError) as caught:
        duck.load_file("canonical-fills", Path("/nowhere/fills.csv"))
    assert caught.value.code == "R271"


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"  \r\n"])
def test_empty(duck: Ledger, content: bytes) -> None:
    assert refused(duck, "canonical-fills", content).code == "R272"


def test_header_only_is_no_error(duck: Ledger) -> None:
    report = duck.load("canonical-fills", FILLS)
    assert (report.read, report.batch_id) == (0, None)


def test_missing_column_names_the_near_one(duck: Ledger) -> None:
    error = refused(duck, "canonical-fills", FILLS.replace("fee_amount", "fee_amnt"))
    assert error.code == "R274" and "'fee_amount' (is it 'fee_amnt'?)" in error.what
    assert error.where and error.where.line == 1


def test_misspelt_optional_column(duck: Ledger) -> None:
    error = refused(duck, "canonical-fills", FILLS.replace("executed_at", "executed_at,knd"))
    assert error.code == "R274" and "'kind'" in str(error)


def test_further_column_is_a_warning(duck: Ledger) -> None:
    report = duck.load("canonical-fills", FILLS.replace("executed_at", "executed_at,strategy"))
    assert "strategy" in report.warnings[0]


def test_column_twice(duck: Ledger) -> None:
    assert "twice" in refused(duck, "canonical-fills", FILLS.replace("venue", "side")).what
    assert "twice" in refused(duck, "canonical-fills", FILLS.replace("side", "side,side")).what


def test_no_header(duck: Ledger) -> None:
    error = refused(duck, "canonical-fills", "northex,main,S,o,f,BUY,1,1,0,,,2026-01-01\n")
    assert error.code == "R274" and "the header" in (error.mend or "")


@pytest.mark.parametrize(
    "content",
    [
        FILLS.encode("utf-16"),
        FILLS.encode() + b"northex,m\xe4in,S,o,f,BUY,1,1,0,,,2026-01-01\n",
    ],
)
def test_not_utf8(duck: Ledger, content: bytes) -> None:
    assert refused(duck, "canonical-fills", content).code == "R273"


def test_open_quote(duck: Ledger) -> None:
    error = refused(duck, "canonical-fills", FILLS + 'a,b,c,d,e,f,1,1,0,,,2026\n"a,b\nc,d\n')
    assert error.code == "R277" and error.where and error.where.line == 3


def test_lone_carriage_return(duck: Ledger) -> None:
    error = refused(duck, "canonical-fills", FILLS + "a\r\nb\rc\n")
    assert error.code == "R273" and error.where and error.where.line == 3


def test_endless_line(duck: Ledger) -> None:
    assert refused(duck, "canonical-fills", FILLS + "x" * (17 << 20)).code == "R277"


def test_wrong_kind_of_file(duck: Ledger) -> None:
    error = refused(duck, "binance-trades", FILLS)
    assert error.code == "R273" and "csv" in error.what


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ('[{"id": 1},\n {"id": 2', 2, "breaks off"),
        ('[{"id": 1},\n {"id": }]', 2, "not valid"),
        ('[{"id": 1} {"id": 2}]', 1, "expected ','"),
        ('[{"id": 1}]\n x', 2, "after the end"),
        ('{\n"id": 1\n', 3, "breaks off"),
    ],
)
def test_broken_json(duck: Ledger, content: str, line: int, words: str) -> None:
    error = refused(duck, "binance-trades", content, "trades.json")
    assert error.code == "R276" and words in str(error)
    assert error.where and error.where.line == line and "column" in str(error)


@pytest.mark.parametrize("beside", [[], ["ticks.csv"]])
def test_float_in_parquet(duck: Ledger, beside: list[str]) -> None:
    path = duck.folder / "ticks.parquet"
    duckdb.sql(
        "select 'A' as symbol, 1.5::double as bid_price, 1.5::decimal(9, 2) as ask_price, "
        "timestamp '2026-01-01' as event_at"
    ).write_parquet(str(path))
    texts = [duck.folder / name for name in beside]
    for other in texts:
        other.write_text("symbol,bid_price,ask_price,event_at\n")
    with pytest.raises(InputError) as caught:
        duck.load_file("canonical-ticks", *texts, path)
    error = caught.value
    assert error.code == "R275" and "float where a decimal belongs" in error.what
    assert str(error.where).endswith("ticks.parquet, column bid_price")
    assert "decimal(38, 12)" in str(error.mend)


def test_damaged_parquet(duck: Ledger) -> None:
    assert refused(duck, "canonical-ticks", b"PAR1 no more", "t.parquet").code == "R278"


def test_strict_keeps_the_quarantine_and_nothing_else(market: Ledger) -> None:
    good = "northex,main,BTC-USDT,o,f,BUY,1,1,0,,,2026-01-01\n"
    bad = "northex,main,BTC-USDT,o,g,BUY,zero,1,0,,,2026-01-01\n"
    with pytest.raises(QuarantinedRows) as caught:
        market.load("canonical-fills", FILLS + good + bad, strict=True)
    assert caught.value.exit_code == 1 and caught.value.code == "R103"
    assert ":3: not_a_number: quantity is 'zero', not a decimal" in str(caught.value.why)
    assert not market.rows("select 1 from order_fills")
    assert market.reasons() == [(3, "not_a_number")]
    market.load("canonical-fills", FILLS + good, strict=True)
    assert len(market.rows("select 1 from order_fills")) == 1
