"""Rows of quarantine mapped again: each lands once, is closed once, and nothing else changes."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import duckdb
import pytest

from runner.engines.base import open_engine
from runner.ingest.kept_rows import Selection
from runner.ingest.retry import RetryReport, retry
from runner.ingest.shapes.stated import Extent
from tests.canonical_files import INSTRUMENT
from tests.conftest import target
from tests.ingest.conftest import NOW, ROOT, Ledger
from tests.ingest.fix_messages import report
from tests.ingest.test_bad_files import FILLS
from tests.ingest.test_bad_rows import fill
from tests.ingest.test_chain import hashes, recompute
from tests.ingest.test_venues import instant

SOL = INSTRUMENT.replace("BTC-USDT,BTC", "SOL-USDT,SOL")
REFUSED = [fill(symbol="SOL-USDT", fill_id=f"s{n}", order_id=f"o{n}") for n in range(3)]


def again(ledger: Ledger, **conditions: object) -> RetryReport:
    return retry(ledger.engine, ledger.config, Selection(**conditions), now=NOW)


def is_open(ledger: Ledger) -> set[str]:
    rows = ledger.rows(
        "select quarantine_id from quarantine where quarantine_id not in "
        "(select quarantine_id from quarantine_resolutions)"
    )
    return {str(row[0]) for row in rows}


def fills(ledger: Ledger) -> int:
    return len(ledger.rows("select 1 from order_fills"))


def declare(ledger: Ledger, text: str = SOL) -> None:
    ledger.load("canonical-instruments", text, "declared.csv")


def test_what_maps_by_now_lands_once(ledger: Ledger) -> None:
    ledger.declare()
    bad = fill(fill_id="bad", price="x")
    ledger.load("canonical-fills", FILLS + bad + "".join(REFUSED), "mixed.csv")
    kept = ledger.rows("select * from quarantine order by quarantine_id")
    assert again(ledger).loaded == 0 and not ledger.rows("select 1 from quarantine_resolutions")
    declare(ledger)
    report = again(ledger)
    assert (report.tried, report.loaded, report.known) == (4, 3, 0)
    assert report.refused == [("mixed.csv", 2, report.refused[0][2])]
    assert report.refused[0][2].startswith("not_a_number: price is 'x'")
    assert report.appended["order_fills"] == 3
    assert ledger.rows(
        "select kind, source, format from ledger_batches order by batch_id desc limit 1"
    ) == [("INGEST", "quarantine of mixed.csv", "canonical-fills")]
    # the same facts as if they had been loaded with the instrument declared
    before = ledger.facts()
    ledger.load("canonical-fills", FILLS + "".join(REFUSED), "good.csv")
    assert ledger.facts() == before
    third = again(ledger)
    assert (third.tried, third.loaded, third.batch_ids) == (1, 0, [])
    assert ledger.facts() == before
    assert ledger.rows("select * from quarantine order by quarantine_id") == kept
    assert hashes(ledger) == recompute(ledger)


def test_rows_whose_facts_are_known_are_closed(duck: Ledger) -> None:
    duck.declare()
    duck.load("canonical-fills", FILLS + "".join(REFUSED))
    declare(duck)
    duck.load("canonical-fills", FILLS + "".join(REFUSED))
    assert len(is_open(duck)) == 3
    report = again(duck)
    assert (report.loaded, report.known, report.appended) == (0, 3, {})
    assert not is_open(duck) and fills(duck) == 3


def test_by_id_file_and_reason(duck: Ledger) -> None:
    duck.declare()
    for name, rows in (("a.csv", REFUSED[:2]), ("b.csv", REFUSED[2:])):
        duck.load("canonical-fills", FILLS + "".join(rows) + f"{name},few\n", name)
    declare(duck)
    assert again(duck, reasons=("wrong_cell_count",)).loaded == 0
    assert again(duck, files=("b.csv",)).loaded == 1
    ((row,),) = duck.rows(
        "select quarantine_id from quarantine where source = 'a.csv' and line_number = 3"
    )
    report = again(duck, ids=(UUID(str(row)),))
    assert (report.tried, report.loaded) == (1, 1)
    assert duck.rows("select exchange_fill_id from order_fills order by 1") == [("s1",), ("s2",)]
    assert again(duck, formats=("canonical-orders",)).tried == 0
    assert again(duck, batch_id=3, since=NOW).loaded == 1


def test_csv_json_and_parquet_are_read_as_they_were(duck: Ledger) -> None:
    """Semicolons, quotes and line breaks; a venue's envelope; typed columns in capitals."""
    duck.declare()
    semicolons = FILLS + REFUSED[0]
    semicolons = semicolons.replace(",", ";").replace(";s0;", ';"s;\n""0";')
    duck.load("canonical-fills", semicolons)
    names = FILLS.strip().split(",")
    record = dict(zip(names, REFUSED[1].strip().split(","), strict=True))
    duck.load("canonical-fills", json.dumps([record]), "fills.json")
    path = duck.folder / "fills.parquet"
    cells = ", ".join(
        f"cast('{cell}' as {'decimal(9, 3)' if name == 'price' else 'varchar'}) as {name.upper()}"
        for name, cell in zip(names, REFUSED[2].strip().split(","), strict=True)
    )
    duckdb.sql(f"select {cells}").write_parquet(str(path))
    duck.load_file("canonical-fills", path)
    envelope = {"fills": [{"bad": 1}]}
    duck.load("coinbase-fills", json.dumps(envelope), "coinbase.json")
    assert len(is_open(duck)) == 4
    declare(duck)
    report = again(duck)
    assert (report.tried, report.loaded) == (4, 3), report
    found = duck.rows("select exchange_fill_id, price from order_fills order by 1")
    assert {row[0] for row in found} == {'s;\n"0', "s1", "s2"}


def test_the_account_and_venue_of_the_load_are_remembered(duck: Ledger) -> None:
    nameless = REFUSED[0].replace("northex,main,", ",,", 1)
    assert nameless.startswith(",,")
    duck.load("canonical-fills", FILLS + nameless, account="desk", venue="northex")
    declare(duck)
    assert again(duck).loaded == 1
    assert duck.rows("select account_id, venue from order_fills") == [("desk", "northex")]


def test_equal_rows_stay_apart(duck: Ledger) -> None:
    """Bitstamp numbers rows without an id through the file: the second is not the first again."""
    form, header = "bitstamp-transactions", "Type,Datetime,Account,Amount,Value,Rate,Fee,Sub Type\n"
    row = 'Staking reward,"Mar. 02, 2026, 09:00 AM",Main Account,0.5 ETH,,,,\n'
    folder = duck.folder / "mappings"
    shutil.copytree(duck.config.ingest_path, folder)
    today = duck.config
    duck.config = replace(today, ingest_path=folder)
    file = folder / f"{form}.sql"
    file.write_text(file.read_text().replace("'staking reward'", "'none such'"))
    duck.load(form, header + row + row)
    duck.config = today
    rows = sorted(is_open(duck))
    assert len(rows) == 2
    for row_id in rows:
        assert again(duck, ids=(UUID(row_id),)).loaded == 1
    assert len(duck.rows("select 1 from cash_movements")) == 2


def test_a_row_without_its_header_says_so(duck: Ledger) -> None:
    """As older runners kept it."""
    duck.declare()
    duck.engine.execute(
        "insert into quarantine select uuid(), 'old.csv', 'canonical-fills', 2, 'x', 'x', 'a,b', "
        "timestamp '2026-01-01', 1, null, null, null, null, null, null, null"
    )
    report = again(duck)
    assert report.refused[0][:2] == ("old.csv", 2) and "header" in report.refused[0][2]


@pytest.mark.parametrize("account", ["kraken", "other"])
def test_a_part_of_a_trade_is_known_with_the_trade(ledger: Ledger, account: str) -> None:
    """By itself it is refused for ever; what another account bought is not it."""
    head, spent, received = instant("spend ZEUR -100 1", "receive XXBT 0.004 0").splitlines(True)
    other = spent.replace("-100", "-90")
    ledger.load("kraken-ledgers", head + spent, "k0.csv")
    ledger.load("kraken-ledgers", head + other, "k1.csv")
    assert again(ledger).refused and len(is_open(ledger)) == 2
    ledger.load("kraken-ledgers", head + spent + received, "k2.csv", account=account)
    before = ledger.facts()["order_fills"]
    report = again(ledger)
    closed = int(account == "kraken")
    assert (report.tried, report.loaded, report.known) == (2, 0, closed)
    assert [reason.split(":")[0] for *_, reason in report.refused] == ["incomplete_trade"] * (
        2 - closed
    )
    assert len(is_open(ledger)) == 2 - closed
    assert ledger.facts()["order_fills"] == before


_RETRY = """
import sys
from pathlib import Path
from runner.config import Target, load_config
from runner.engines.base import open_engine
from runner.ingest.kept_rows import Selection
from runner.ingest.retry import retry
engine = open_engine(Target("t", sys.argv[1], Path(sys.argv[2])))
print("ready", flush=True)
retry(engine, load_config(Path(sys.argv[3])), Selection())
engine.close()
"""


def test_killed_at_random(ledger: Ledger) -> None:
    """SIGKILL at random moments: of each file all rows are closed with their facts, or none."""
    ledger.declare()
    size, files = 400, 3
    for file in range(files):
        rows = [
            fill(symbol="SOL-USDT", order_id=f"o{file}-{n}", fill_id=f"f{file}-{n}")
            for n in range(size)
        ]
        ledger.load("canonical-fills", FILLS + "".join(rows), f"part{file}.csv")
    declare(ledger)
    database, name = ledger.engine.target.path, ledger.engine.name
    rng = random.Random(11)
    for _ in range(4):
        ledger.engine.close()
        child = subprocess.Popen(
            [sys.executable, "-c", _RETRY, name, str(database), str(ROOT)], stdout=subprocess.PIPE
        )
        assert child.stdout and child.stdout.readline() == b"ready\n"
        time.sleep(rng.uniform(0.05, 0.8))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        ledger.engine = open_engine(target(name, database))
        closed = len(ledger.rows("select 1 from quarantine_resolutions"))
        assert closed % size == 0 and closed == fills(ledger)
    again(ledger)
    assert fills(ledger) == size * files and not is_open(ledger)
    assert again(ledger).tried == 0
    assert hashes(ledger) == recompute(ledger)


@pytest.mark.parametrize("command", [["list"], ["show", "0000"], ["retry"]])
def test_without_a_database(make_ledger, cli, command: list[str]) -> None:
    assert cli(make_ledger(), "quarantine", *command).exit_code == 3


def test_messages_of_fix_are_read_as_they_were(ledger: Ledger) -> None:
    """A report of an instrument not known, one with a bad checksum, one cut off."""
    good = [
        report("E1", "0", "0", "55=WEIRD"),
        report("E2", "F", "2", "55=WEIRD", "32=2", "31=50000", "14=2", delimiter="|"),
    ]
    bad = [report("E3", "F", "2", "32=2", "31=5")[:-3] + "00\x01", "8=FIX.4.4\x019=5\x0135=8"]
    ledger.load("fix-executions", "\n".join([*good, *bad]) + "\n", "session.log")
    assert len(is_open(ledger)) == 4
    declare(ledger, INSTRUMENT.replace("BTC-USDT", "WEIRD"))
    done = again(ledger)
    assert (done.tried, done.loaded) == (4, 2)
    assert [(line, reason.split(":")[0]) for _, line, reason in done.refused] == [
        (3, "bad_checksum"), (4, "broken_message"),
    ]  # fmt: skip
    before = ledger.facts()
    ledger.load("fix-executions", "\n".join(good), "session.log")
    assert ledger.facts() == before


def test_elements_of_xml_are_read_as_they_were(duck: Ledger) -> None:
    trade = (
        '<Trade accountId="U1" currency="USD" assetCategory="BOND" symbol="T 2" tradeID="9" '
        'dateTime="20250115;093000" quantity="2" tradePrice="99&#46;5" buySell="BUY" '
        'ibCommission="-1" ibCommissionCurrency="USD" />'
    )
    duck.load("ibkr-flex-trades", f"<A><Trades>\n{trade}\n</Trades></A>", "flex.xml")
    assert duck.reasons() == [(2, "unknown_instrument")]
    declare(duck, INSTRUMENT.replace("BTC-USDT", "T 2"))
    assert again(duck).loaded == 1
    assert duck.rows("select exchange_fill_id, price from order_fills") == [("9", Decimal("99.5"))]


@pytest.mark.parametrize(
    "extent",
    [Extent(), Extent(datetime(2026, 1, 1), datetime(2027, 1, 1)), Extent(scope="symbols")],
    ids=["rows", "given", "symbols"],
)
def test_rows_of_a_statement_join_the_one_of_their_file(
    open_copy: Callable[[str], Ledger], engine_name: str, extent: Extent
) -> None:
    """The same statements as if the instrument had been declared before."""
    rows = [
        fill(fill_id=f"f{day}", executed_at=f"2026-03-0{day}T09:00:00Z", symbol=symbol)
        for day, symbol in ((1, "SOL-USDT"), (2, "BTC-USDT"), (3, "SOL-USDT"), (4, "BTC-USDT"))
    ]
    late, early = open_copy(engine_name), open_copy("duckdb")
    for ledger in (late, early):
        ledger.declare()
    late.load("canonical-fills", FILLS + "".join(rows), extent=extent)
    for ledger in (late, early):
        declare(ledger)
    done = again(late)
    assert (done.loaded, done.appended["statement_fills"]) == (2, 2)
    early.load("canonical-fills", FILLS + "".join(rows), extent=extent)
    for table in ("statements", "statement_fills", "order_fills"):
        assert late.facts()[table] == early.facts()[table], table
    assert late.rows("select kind, source from ledger_batches order by batch_id desc limit 1") == [
        ("STATEMENT", "quarantine of canonical-fills.csv")
    ]
    assert again(late).tried == 0 and not is_open(late)


@pytest.mark.parametrize(
    "extent",
    [
        Extent(),
        Extent(start=datetime(2026, 1, 1)),
        Extent(datetime(2026, 1, 1), datetime(2027, 1, 1)),
        Extent(end=datetime(2027, 1, 1), scope="symbols"),
    ],
    ids=["rows", "start", "given", "symbols"],
)
def test_a_statement_refused_as_a_whole_keeps_what_was_said_of_it(
    open_copy: Callable[[str], Ledger], engine_name: str, extent: Extent
) -> None:
    """No statement was made of its file that its rows could join."""
    rows = [
        fill(fill_id=f"f{day}", executed_at=f"2026-03-0{day}T09:00:00Z", symbol="SOL-USDT")
        for day in (1, 2)
    ]
    late, early = open_copy(engine_name), open_copy("duckdb")
    for ledger in (late, early):
        ledger.declare()
    late.load("canonical-fills", FILLS + "".join(rows), extent=extent)
    assert not late.rows("select 1 from statements")
    for ledger in (late, early):
        declare(ledger)
    assert again(late).loaded == 2
    early.load("canonical-fills", FILLS + "".join(rows), extent=extent)
    for table in ("statements", "statement_fills"):
        assert late.facts()[table] == early.facts()[table], table
    assert hashes(late) == recompute(late)


def test_a_balance_is_of_the_end_its_load_gave(duck: Ledger) -> None:
    answer = json.dumps([{"symbol": "SOL-USDT", "currentQty": 1, "timestamp": None}])
    end = datetime(2026, 3, 2)
    duck.load("bitmex-account", answer, "position.json", extent=Extent(end=end))
    assert duck.reasons() == [(1, "unknown_instrument")]
    declare(duck)
    assert again(duck).loaded == 1
    assert duck.rows("select stated_at from statement_balances") == [
        (datetime(2026, 3, 1, 23, 59, 59, 999999),)
    ]
