"""Which format a file has, by what it holds: every golden file, and what none or two may be."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from runner.errors import InputError
from runner.ingest.formats import formats
from runner.ingest.recognition import recognised
from tests.canonical_files import FILLS_HEADER as FILLS
from tests.ingest.conftest import GOLDEN, VENUES, Ledger

INPUTS = [p for d in (GOLDEN, *sorted(VENUES.iterdir())) for p in d.iterdir()]
INPUTS = sorted(p for p in INPUTS if p.suffix != ".facts")


def test_every_golden_file_is_recognised(duck: Ledger) -> None:
    found = recognised(duck.engine, INPUTS, duck.config)
    pairs = {(p, one.format) for one in found for p in one.files}
    # of a broker's statement both sections that are known
    both = VENUES / "ibkr" / "ibkr-flex-trades.xml", "ibkr-flex-cash"
    assert pairs == {*((p, p.stem) for p in INPUTS), both}
    assert all(reason for one in found for reason in one.reasons)
    # what facts of others point to is loaded first
    names = [one.format for one in found]
    assert names.index("canonical-instruments") < names.index("canonical-fills")


@pytest.mark.parametrize("name", sorted(formats()))
def test_every_format_says_what_it_is_recognised_by(name: str) -> None:
    form = formats()[name]
    assert form.columns or form.recognised_by or form.records


def recognise(ledger: Ledger, content: str | bytes, name: str = "a") -> str:
    path = ledger.folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    (one,) = recognised(ledger.engine, [path], ledger.config)
    return one.format


def test_sections_of_a_brokers_statement_are_each_taken(duck: Ledger) -> None:
    path = duck.folder / "flex.xml"
    path.write_text(
        "<A><Trade /><OpenPosition /><CashTransaction /><CashReportCurrency /></A>", "utf-8"
    )
    facts = recognised(duck.engine, [path], duck.config)
    assert {one.format for one in facts} == {"ibkr-flex-trades", "ibkr-flex-cash"}
    stated = recognised(duck.engine, [path], duck.config, stated=True)
    assert {one.format for one in stated} == {"ibkr-flex-trades", "ibkr-flex-positions"}


def test_content_counts_and_not_the_name(duck: Ledger) -> None:
    assert recognise(duck, FILLS.replace(",", ";"), "binance-trades.json") == "canonical-fills"
    assert recognise(duck, "\ufeff" + FILLS.replace("\n", "\r\n"), "b") == "canonical-fills"
    row = dict.fromkeys(FILLS.strip().split(","), "1")
    assert recognise(duck, json.dumps(row) + "\n" + "broken", "c") == "canonical-fills"
    path = duck.folder / "d"
    duckdb.sql("select " + ", ".join(f"'1' as {name}" for name in row)).write_parquet(str(path))
    assert recognise(duck, path.read_bytes(), "e") == "canonical-fills"


@pytest.mark.parametrize(
    ("record", "form"),
    [
        ({"symbol": "XBTUSD", "currentQty": 1, "liquidationPrice": 1, "quoteCurrency": "USD",
          "avgEntryPrice": 1, "execComm": 1}, "bitmex-account"),
        ({"account": 1, "currency": "XBt", "prevAmount": 1, "deltaAmount": 1, "amount": 1},
         "bitmex-account"),
        ({"result": {"category": "linear", "list": [{"positionIdx": 0, "size": "1"}]}},
         "bybit-account"),
        ({"topic": "wallet", "data": [{"coin": [{"coin": "BTC", "walletBalance": "1"}]}]},
         "bybit-account"),
        ({"currency": "BTC", "balance": "1", "available": "1", "holds": "0"}, "kucoin-accounts"),
        ({"account": {"currency": "BTC", "available_balance": {"value": "1"}}},
         "coinbase-accounts"),
        ({"code": "200000", "data": {"currency": "BTC", "balance": "1", "available": "1",
                                     "holds": "0"}}, "kucoin-accounts"),
        ({"data": {"id": "1", "type": "send", "status": "completed", "amount": {},
                   "native_amount": {}}}, "coinbase-transactions"),
        ({"data": [{"id": "1", "bizType": "TRANSFER", "direction": "in", "currency": "BTC"}]},
         "kucoin-ledgers"),
    ],
)  # fmt: skip
def test_other_answers_of_the_same_format(duck: Ledger, record: dict[str, Any], form: str) -> None:
    assert recognise(duck, json.dumps([record])) == form


def test_a_stream_that_begins_with_other_messages(duck: Ledger) -> None:
    before = ['{"event":"login","code":"0"}', '{"success":true,"op":"subscribe"}']
    trade = '{"data":[{"execId":"1","execQty":"1"}]}'
    path = duck.folder / "a"
    path.write_text("\n".join([*before, trade]), "utf-8")
    (one,) = recognised(duck.engine, [path], duck.config)
    assert one.format == "bybit-executions" and one.reasons[0].startswith("its record 3 has")
    # the first that is known says what the file is
    order = '{"data":[{"orderId":"1","orderStatus":"New"}]}'
    assert recognise(duck, "\n".join([*before, order, trade])) == "bybit-orders"


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        ("a,b\n1,2\n", "its columns are a, b"),
        ('{"a": 1}', "its first record has a"),
        ("[]", "it holds no record"),
        (FILLS.replace("liquidity,", ""), "; canonical-fills, the nearest, also needs liquidity"),
        # most of it is not what has these columns
        ("account,kind,occurred_at,a,b,c,d,e\n", "its columns are"),
    ],
)
def test_unknown(duck: Ledger, content: str, seen: str) -> None:
    with pytest.raises(InputError) as caught:
        recognise(duck, content)
    assert caught.value.code == "R296" and seen in (caught.value.why or "")


def test_ambiguous_names_the_candidates(duck: Ledger) -> None:
    order = {"orderID": "1", "ordStatus": "New", "orderQty": 1}
    kraken = {"descr": {"pair": "X"}, "vol_exec": "1", "opentm": 1}
    with pytest.raises(InputError) as caught:
        recognise(duck, json.dumps(order | kraken))
    assert caught.value.code == "R296"
    assert "bitmex-orders or kraken-orders" in caught.value.what


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
def test_stdin_is_kept_to_be_recognised_and_loaded(
    tmp_path: Path, cli: Any, monkeypatch: pytest.MonkeyPatch, pack: Any
) -> None:
    assert cli(tmp_path, "init", "p", "--empty").exit_code == 0
    content = (GOLDEN / "canonical-accounts.csv").read_bytes()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(pack(content))))
    result = cli(tmp_path / "p", "ingest", "-", "--format", "auto")
    assert result.exit_code == 0, result.stderr
    assert "stdin is canonical-accounts: it has the columns account" in result.stderr
    assert "stdin: 3 rows read" in result.stderr
    unknown = SimpleNamespace(buffer=io.BytesIO(b"a,b\n1,2\n"))
    monkeypatch.setattr(sys, "stdin", unknown)
    refused = cli(tmp_path / "p", "ingest", "-", "--format", "auto")
    assert refused.exit_code == 2 and "where: stdin" in refused.stderr


def test_the_command_says_why_and_loads_a_batch_a_format(tmp_path: Path, cli: Any) -> None:
    assert cli(tmp_path, "init", "p", "--empty").exit_code == 0
    files = [GOLDEN / f"canonical-{name}.csv" for name in ("accounts", "instruments", "fills")]
    result = cli(tmp_path / "p", "ingest", *map(str, reversed(files)), "--format", "auto")
    assert result.exit_code == 0, result.stderr
    assert "canonical-fills.csv is canonical-fills: it has the columns venue" in result.stderr
    assert result.stderr.count("appended:") == 3
    assert result.stderr.count("next: runner build") == 1
    assert result.stderr.endswith("next: runner build\n")


def test_files_called_alike_are_told_apart(tmp_path: Path, cli: Any) -> None:
    assert cli(tmp_path, "init", "p", "--empty").exit_code == 0
    for venue, name in (("one", "accounts"), ("two", "instruments")):
        (tmp_path / "p" / venue).mkdir()
        (tmp_path / "p" / venue / "export.csv").write_bytes(
            (GOLDEN / f"canonical-{name}.csv").read_bytes()
        )
    result = cli(tmp_path / "p", "ingest", "one", "two", "--format", "auto")
    assert result.exit_code == 0, result.stderr
    assert "one/export.csv is canonical-accounts: it has" in result.stderr
    assert "two/export.csv is canonical-instruments: it has" in result.stderr
