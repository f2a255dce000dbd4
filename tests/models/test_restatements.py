"""Terms that were stated wrong and are restated: as if they had been right from the first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.canonical_files import FILLS_HEADER, fill
from tests.conftest import MadeProject, slim_ledger_project

pytestmark = pytest.mark.either_engine

INSTRUMENTS = (
    "symbol,base_currency,quote_currency,settlement_currency,multiplier,is_inverse,"
    "allows_negative_price\n"
)
RESTATEMENTS = (
    "symbol,instrument_type,base_currency,quote_currency,settlement_currency,multiplier,is_inverse,"
    "allows_negative_price,reason,restated_at\n"
)
SPOT, SIZED, INVERSE = (
    "BTC,USDT,USDT,1,false,",
    "BTC,USDT,USDT,0.01,false,",
    "BTC,USDT,BTC,10,true,",
)
SETTLED = "BTC,USDT,EUR,1,false,"
FILLS = FILLS_HEADER + fill(1) + fill(2, 110) + fill(3, 125, "SELL", day=2) + fill(4, 90, day=3)
QUOTES = (
    "symbol,bid_price,ask_price,event_at\n"
    "BTC-USDT,99,101,2026-03-01T00:00:00Z\n"
    "BTC-USDT,109,111,2026-03-03T12:00:00Z\n"
    "USDT-EUR,0.8,0.9,2026-02-28T00:00:00Z\n"
)
ACCOUNT = "account,account_type,reason,restated_at\n"
RATES = "USDT-EUR,USDT,EUR,EUR,1,false,\n"
FUNDING = (
    "venue,account,movement_id,kind,amount,currency,symbol,occurred_at\n"
    "x,main,m1,FUNDING,-0.5,USDT,BTC-USDT,2026-03-02T08:00:00Z\n"
)
DERIVED = (
    "order_state", "order_costs", "lot_matches", "open_lots", "order_pnl", "positions", "daily_pnl",
    "account_totals", "account_equity", "trades", "account_statistics", "order_slippage",
)  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path, engine_name: str, load) -> Callable[..., MadeProject]:
    """ledger(terms): the fills, with BTC-USDT declared to have those terms."""

    def made(terms: str, name: str = "ledger", **slim: list[str]) -> MadeProject:
        project = slim_ledger_project(tmp_path / name, engine_name, **slim)
        declared = f"{INSTRUMENTS}{RATES}BTC-USDT,{terms}\n"
        load(project, instruments=declared, ticks=QUOTES, fills=FILLS, cash=FUNDING)
        return project

    return made


def restated(terms: str, day: int = 9) -> str:
    kind = {SPOT: "SPOT", INVERSE: "INVERSE"}.get(terms, "LINEAR")
    return f"{RESTATEMENTS}BTC-USDT,{kind},{terms},read wrong,2026-03-0{day}T00:00:00Z\n"


def derived(project: MadeProject) -> dict[str, list[str]]:
    """What the derived tables hold, but for batches' numbers."""
    opened = project.open(read_only=True)
    try:
        found = {}
        for table in DERIVED:
            columns = [c.name for c in opened.relations()[table].columns if "batch" not in c.name]
            rows = opened.query(f"select {', '.join(columns)} from {table}").rows
            found[table] = sorted(map(str, rows))
        return found
    finally:
        opened.close()


@pytest.mark.parametrize(
    ("wrong", "right"), [(SPOT, INVERSE), (INVERSE, SETTLED)], ids=["inverse", "settlement"]
)
def test_an_instrument_is_as_if_declared_so(ledger, cli, load, wrong, right):
    measured = {"without": ["reconciliation"]}
    late = ledger(wrong, **measured)
    assert cli(late, "build").exit_code == 0
    before = derived(late)
    load(late, instrument_restatements=restated(right))
    built = cli(late, "build")
    assert built.exit_code == 0, built.stderr
    right_away = ledger(right, "declared", **measured)
    assert cli(right_away, "build").exit_code == 0
    assert derived(late) == derived(right_away) != before
    assert cli(late, "verify").exit_code == 0


def test_an_account_reports_in_what_is_restated(ledger, cli, load):
    project = ledger(SPOT)
    assert cli(project, "build").exit_code == 0
    totals = "select reporting_currency, net_pnl from account_totals"
    assert project.rows(totals) == [(None, None)]
    terms = (
        "account,account_type,base_currency,reason,restated_at\n"
        "main,LIVE,EUR,left out,2026-03-09T00:00:00Z\n"
    )
    load(project, account_restatements=terms)
    assert cli(project, "build").exit_code == 0
    ((currency, pnl),) = project.rows(totals)
    assert currency == "EUR" and pnl is not None


def test_the_latest_decision_stands_whenever_it_came(ledger, cli, load):
    project = ledger(SPOT)
    load(project, instrument_restatements=restated(SIZED, day=8))
    project.write({"late.csv": restated(INVERSE, day=7)})
    late = cli(project, "ingest", "late.csv", "--format", "canonical-instrument-restatements")
    assert "terms of BTC-USDT stay as they are" in late.stderr
    assert cli(project, "build").exit_code == 0
    terms = "select instrument_type, restated_at from stg_instruments where symbol = 'BTC-USDT'"
    ((kind, moment),) = project.rows(terms)
    assert kind == "LINEAR" and str(moment).startswith("2026-03-08")
    assert cli(project, "trace", "order", "o1").stdout.count("reason=read wrong") == 2


def test_what_was_derived_of_other_terms_can_still_be_asked(ledger, cli, load):
    project = ledger(SPOT)
    assert cli(project, "build").exit_code == 0
    ((known,),) = project.rows("select max(recorded_at) from ledger_batches")
    asked = ("query", "--format", "csv", "select realized_gross_pnl, net_pnl from positions")
    then = cli(project, *asked).stdout
    load(project, instrument_restatements=restated(SIZED))
    assert cli(project, "build").exit_code == 0
    assert cli(project, *asked).stdout != then
    assert cli(project, *asked, "--as-of", f"{known}").stdout == then != ""


def test_what_had_a_price_below_zero_cannot_become_what_has_none(tmp_path, engine_name, cli, load):
    project = slim_ledger_project(tmp_path / "ledger", engine_name, suites=["facts"])
    spread = f"{INSTRUMENTS}BTC-USDT,BTC,USDT,USDT,1,false,true\n"
    ticks = "symbol,bid_price,ask_price,event_at\nBTC-USDT,-3,-2,2026-03-04T00:00:00Z\n"
    load(project, instruments=spread, fills=FILLS, ticks=ticks)
    assert cli(project, "build").exit_code == 0
    load(project, instrument_restatements=restated(INVERSE))
    built = cli(project, "build")
    assert built.exit_code == 1
    assert "FAIL marks_and_lots_are_positive_unless_the_instrument_allows" in built.stderr


def test_no_table_of_new_terms_is_published_beside_one_of_old_terms(ledger, cli, load):
    project = ledger(SPOT)
    assert cli(project, "build").exit_code == 0
    load(project, instrument_restatements=restated(SIZED))
    for selection in ("positions", "int_books", "+order_pnl"):
        refused = cli(project, "build", "--select", selection)
        assert refused.exit_code == 2 and "error[R218]" in refused.stderr, refused.stderr
    assert cli(project, "build", "--select", "stg_order_fills").exit_code == 0
    assert cli(project, "build").exit_code == 0
    load(project, fills=FILLS_HEADER + fill(5, day=5))
    assert cli(project, "build", "--select", "+order_pnl").exit_code == 0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("instrument_restatements", restated(SPOT).replace("read wrong", ""), "missing"),
        ("instrument_restatements", restated(SPOT).replace("BTC-", "XXX-"), "unknown_instrument"),
        ("instrument_restatements", restated("BTC,USDT,USDT,0,false,"), "not_positive"),
        ("instrument_restatements", restated(SPOT).replace("SPOT", ""), "missing"),
        ("instrument_restatements", restated(SPOT).replace("2026", "2098"), "not_yet"),
        ("account_restatements", f"{ACCOUNT}x,LIVE,y,2026-03-09\n", "unknown_account"),
        ("account_restatements", f"{ACCOUNT}main,,y,2026-03-09\n", "missing"),
    ],
)
def test_what_cannot_be_restated_is_set_aside(ledger, cli, name, content, said):
    project = ledger(SPOT)
    project.write({f"{name}.csv": content})
    form = f"canonical-{name.replace('_', '-')}"
    loaded = cli(project, "ingest", f"{name}.csv", "--format", form)
    assert said in loaded.stderr
    assert project.rows(f"select count(*) from {name}") == [(0,)]


def test_a_restatement_loaded_again_is_a_duplicate_and_another_a_conflict(ledger, cli, load):
    project = ledger(SPOT)
    for _ in range(2):
        load(project, instrument_restatements=restated(SIZED))
    project.write({"other.csv": restated(INVERSE)})
    other = cli(project, "ingest", "other.csv", "--format", "canonical-instrument-restatements")
    assert "1 conflict" in other.stderr and "at a later restated_at" in other.stderr
    # as does the declaration, which says how it is put right
    project.write({"other.csv": f"{INSTRUMENTS}BTC-USDT,{SIZED}\n"})
    other = cli(project, "ingest", "other.csv", "--format", "canonical-instruments")
    assert "canonical-instrument-restatements" in other.stderr
    assert project.rows("select count(*) from instrument_restatements") == [(1,)]


CONTRACT = (
    '{"exchange": "okx", "parsed": [{"id": "t1", "order": "o1", "symbol": "BTC/USDT:USDT", '
    '"side": "buy", "price": 50000, "amount": 3, "cost": 1500, "timestamp": 1772359200000, '
    '"takerOrMaker": "taker", "fee": {"cost": "0.9", "currency": "USDT"}}]}\n'
)


def test_what_contradicts_wrong_terms_is_taken_once_they_are_right(ledger, cli, load):
    project = ledger(SPOT)
    declared = f"{INSTRUMENTS}BTC/USDT:USDT,BTC,USDT,USDT,1,false,\n"
    load(project, instruments=declared.replace(",1,false", ",0.001,false"))
    project.write({"contract.json": CONTRACT})
    refused = cli(project, "ingest", "contract.json", "--format", "ccxt-trades")
    assert "contradicts_instrument" in refused.stderr
    load(project, instrument_restatements=restated(SIZED).replace("BTC-USDT", "BTC/USDT:USDT"))
    assert cli(project, "quarantine", "retry").exit_code == 0
    assert project.rows("select count(*) from order_fills where quantity = '3.000000000000'") == [
        (1,)
    ]
    assert cli(project, "build").exit_code == 0
    assert cli(project, "verify").exit_code == 0
