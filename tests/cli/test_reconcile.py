"""`runner reconcile`: statements of a folder, breaks and how much agrees, and what settles them."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runner.cli.main import run
from runner.config import Target
from runner.engines.base import open_engine
from tests.canonical_files import FILLS_HEADER, INSTRUMENT, fill
from tests.conftest import ENGINES, ROOT, MadeProject, slim_ledger_project

pytestmark = pytest.mark.either_engine


def trade(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "symbol": "BTCUSDT", "id": number, "orderId": 100 + number, "price": "64000.00",
        "qty": "0.5", "commission": "0.1", "commissionAsset": "USDT",
        "time": 1772442000000 + number * 60_000, "isBuyer": True, "isMaker": number % 2 == 0,
        **changes,
    }  # fmt: skip


TRADES = [trade(n) for n in range(1, 6)]
# the venue: another price of the second, does not know the third, knows one more
STATED = [
    TRADES[0], {**TRADES[1], "price": "64001.00"}, TRADES[3], trade(40, time=TRADES[3]["time"]),
    TRADES[4],
]  # fmt: skip
PRICE = "PRICE:binance:binance:BTCUSDT:BUY:2#1"
MISSING = "MISSING_LOCAL:binance:binance:BTCUSDT:BUY:40#1"
OURS = "MISSING_EXCHANGE:binance:binance:BTCUSDT:BUY:3#1"


@pytest.fixture(scope="module", params=ENGINES)
def loaded(tmp_path_factory, request) -> MadeProject:
    """A ledger of our trades, not built, and what the venue states of them in a folder."""
    project = slim_ledger_project(
        tmp_path_factory.mktemp("reconciled") / "ledger",
        request.param,
        suites=["reconciliation"],
        without=["execution", "performance"],
    )
    project.write({"trades.json": json.dumps(TRADES)})
    trades = str(project.root / "trades.json")
    place = ["--project-dir", str(project.root)]
    assert run(["ingest", trades, "--format", "binance-trades", *place]) == 0
    project.write({"statements/binance-trades-2026-03-02.json": json.dumps(STATED)})
    return project


@pytest.fixture(scope="module")
def stated(loaded, tmp_path_factory) -> MadeProject:
    """Where those statements were taken in: three breaks are open."""
    project = loaded.copied(tmp_path_factory.mktemp("stated") / "ledger")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.root)
        assert run(["reconcile", "statements"]) == 1
    return project


@pytest.fixture
def ledger(loaded, tmp_path) -> MadeProject:
    return loaded.copied(tmp_path / "ledger")


@pytest.fixture
def reconciled(stated, tmp_path) -> MadeProject:
    return stated.copied(tmp_path / "ledger")


def report(cli, project, *args: str) -> tuple[int, dict[str, Any]]:
    outcome = cli(project, "reconcile", *args, "--format", "json")
    assert outcome.stdout, outcome.stderr
    return outcome.exit_code, json.loads(outcome.stdout)


def states(found: dict[str, Any]) -> dict[str, str]:
    return {row["break_id"]: row["state"] for row in found["breaks"]}


def facts(project: MadeProject) -> dict[str, int]:
    tables = ("order_fills", "orders", "break_resolutions", "ledger_batches", "opening_lots")
    return {t: project.rows(f"select count(*) from {t}")[0][0] for t in tables}


def test_from_a_folder_to_no_open_break(ledger, cli):
    code, found = report(cli, ledger, "statements")
    assert (code, states(found)) == (1, {PRICE: "OPEN", MISSING: "OPEN", OURS: "OPEN"})
    counted = {row["subject"]: row for row in found["summary"]}
    fills = counted["FILL"]
    assert [fills[n] for n in ("stated_count", "matched_count", "untold_count")] == [5, 3, 1]
    assert counted["FEE"]["matched_count"] == 4

    for break_id, how in ((PRICE, "--adopt"), (MISSING, "--adopt"), (OURS, "--dismiss")):
        made = cli(ledger, "reconcile", "resolve", break_id, how, "--reason", "looked into")
        assert made.exit_code == 0, made.stderr
    settled = facts(ledger)
    assert settled["order_fills"] == len(TRADES) + 2
    for break_id, how in ((PRICE, "--adopt"), (MISSING, "--adopt"), (OURS, "--dismiss")):
        again = cli(ledger, "reconcile", "resolve", break_id, how, "--reason", "again")
        assert again.exit_code == 0 and "already" in again.stderr
    code, found = report(cli, ledger, "statements")
    assert (code, states(found)) == (0, {OURS: "DISMISS"})
    assert ledger.rows("select price from order_fills where kind = 'CORRECTION'")[0][0] == 64001
    gone = cli(ledger, "reconcile", "resolve", MISSING, "--adopt", "--reason", "again")
    assert gone.exit_code == 0 and "already" in gone.stderr
    assert facts(ledger) == settled
    assert cli(ledger, "verify").exit_code == 0
    # the venue's own file, loaded as facts at last: the adopted fill is known by its id
    ledger.write({"more.json": json.dumps([STATED[3]])})
    late = cli(ledger, "ingest", "more.json", "--format", "binance-trades")
    assert "nothing new" in late.stderr and facts(ledger) == settled


def test_a_break_that_returns_is_recurring(reconciled, cli):
    decided = ("reconcile", "resolve", PRICE, "--acknowledge", "--reason", "known")
    assert cli(reconciled, *decided, "--actor", "ann").exit_code == 0
    assert states(report(cli, reconciled)[1])[PRICE] == "ACKNOWLEDGE"
    # stated again, and overlapping: it is the same break, and stays resolved
    reconciled.write({"statements/binance-trades-b.json": json.dumps([*STATED, trade(6)])})
    assert states(report(cli, reconciled, "statements")[1])[PRICE] == "ACKNOWLEDGE"
    # the venue mends it, then says the old price again
    reconciled.write({"statements/binance-trades-c.json": json.dumps([*TRADES, trade(7)])})
    assert PRICE not in states(report(cli, reconciled, "statements")[1])
    reconciled.write({"statements/binance-trades-d.json": json.dumps([*STATED, trade(8)])})
    code, found = report(cli, reconciled, "statements")
    assert (code, states(found)[PRICE]) == (1, "RECURRING")
    warned = (
        "select json_extract_string(failing_row, '$.break_id') from check_failures "
        "where check_name = 'grave_breaks_are_resolved'"
    )
    assert (PRICE,) in reconciled.rows(warned)
    assert cli(reconciled, *decided).exit_code == 0
    assert states(report(cli, reconciled)[1])[PRICE] == "ACKNOWLEDGE"
    assert (PRICE,) not in reconciled.rows(warned)
    assert reconciled.rows("select count(*) from break_resolutions") == [(2,)]


def test_a_position_that_implies_earlier_fills(ledger, cli):
    """1.5 more than the ledger knows: at (4 * 62000 - 2.5 * 64000) / 1.5 each."""
    head = "venue,account,period_start,period_end"
    period = "binance,binance,2026-03-02T00:00:00Z,2026-03-03T00:00:00Z"
    ledger.write({
        "positions/canonical-statements.csv": f"{head}\n{period}\n",
        "positions/canonical-statement-balances.csv":
            f"{head},kind,currency,symbol,amount,stated_at,average_price\n"
            f"{period},POSITION,,BTCUSDT,4,2026-03-03T00:00:00Z,62000\n",
    })  # fmt: skip
    code, found = report(cli, ledger, "positions")
    position = "POSITION:binance:binance:position:BTCUSDT"
    assert (code, states(found)) == (1, {position: "OPEN"})
    (lot,) = found["opening_adjustments"]
    assert (lot["side"], lot["quantity"], lot["implied_price"]) == (
        "BUY", "1.500000000000", "58666.666666666667",
    )  # fmt: skip
    adopt = ("reconcile", "resolve", position, "--adopt", "--reason", "held before")
    for _ in range(2):
        assert cli(ledger, *adopt).exit_code == 0
    code, found = report(cli, ledger, "positions")
    assert (code, found["breaks"], found["opening_adjustments"]) == (0, [], [])
    assert ledger.rows("select quantity, average_open_price from positions") == [(4, 62000)]


def test_history_before_a_statement_is_no_break(ledger, cli):
    ledger.write({"later/export.json": json.dumps(TRADES[2:4])})
    code, found = report(cli, ledger, "later")
    assert (code, found["breaks"]) == (0, [])
    # unless it claims to be whole of it
    ledger.write({"whole/binance-trades.json": json.dumps(TRADES[3:])})
    code, found = report(cli, ledger, "whole", "--from", "2026-03-01", "--to", "2026-04-01")
    assert code == 1 and len(found["breaks"]) == 3


def test_what_states_nothing_is_passed_over_beside_what_does(ledger, cli):
    income = {"symbol": "", "incomeType": "TRANSFER", "income": "-1", "asset": "USDT",
              "time": 1772442000000, "tranId": 1}  # fmt: skip
    ledger.write({"mixed/a.json": json.dumps(TRADES), "mixed/b.json": json.dumps([income])})
    outcome = cli(ledger, "reconcile", "mixed")
    assert outcome.exit_code == 0, outcome.stderr
    assert "b.json: binance-income holds nothing that a statement tells" in outcome.stderr
    ledger.write({"alone/b.json": json.dumps([income])})
    assert "R285" in cli(ledger, "reconcile", "alone").stderr


def test_what_cannot_be_done_is_said(loaded, reconciled, cli):
    assert "error[R301]" in resolve(cli, loaded, PRICE).stderr
    before = facts(reconciled)
    near = resolve(cli, reconciled, PRICE.replace("#1", "#2"))
    assert near.exit_code == 2 and "R287" in near.stderr and PRICE in near.stderr
    nothing = resolve(cli, reconciled, OURS)
    assert nothing.exit_code == 2 and "R288" in nothing.stderr
    assert "R200" in cli(reconciled, "reconcile", "resolve", PRICE, "--reason", "x").stderr
    both = resolve(cli, reconciled, PRICE, "--dismiss")
    assert both.exit_code == 2 and "R200]: --adopt and --dismiss are said at once" in both.stderr
    reconciled.write({"odd/export.json": "[]"})
    assert "R296" in cli(reconciled, "reconcile", "odd").stderr
    (reconciled.root / "empty").mkdir()
    assert "R289" in cli(reconciled, "reconcile", "empty").stderr
    assert facts(reconciled) == before


def resolve(cli, ledger, break_id: str, *more: str):
    return cli(ledger, "reconcile", "resolve", break_id, "--adopt", "--reason", "x", *more)


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_reports_for_people(reconciled, cli, form):
    outcome = cli(reconciled, "reconcile", "statements", "--format", form)
    assert outcome.exit_code == 1
    assert PRICE in outcome.stdout and "matched_count" in outcome.stdout
    assert "3 breaks" in outcome.stderr


_RESOLVE = """
import sys
from pathlib import Path
from runner.config import Target, load_config
from runner.engines.base import open_engine
from runner.reconciliation.resolution import Decision, resolve
engine = open_engine(Target("t", sys.argv[1], Path(sys.argv[2])))
print("ready", flush=True)
resolve(engine, load_config(Path(sys.argv[3])), sys.argv[4], Decision("ADOPT", "r", "a"))
engine.close()
"""


def test_a_killed_resolution_leaves_all_of_it_or_nothing(reconciled, cli):
    before = facts(reconciled)
    whole = {
        **before,
        "break_resolutions": 1,
        "order_fills": before["order_fills"] + 1,
        "orders": before["orders"] + 1,
        "ledger_batches": before["ledger_batches"] + 1,
    }
    rng = random.Random(7)
    for _ in range(5):
        child = subprocess.Popen(
            [
                sys.executable,
                "-c",
                _RESOLVE,
                reconciled.engine,
                str(reconciled.database),
                str(ROOT),
                MISSING,
            ],
            stdout=subprocess.PIPE,
        )
        assert child.stdout and child.stdout.readline() == b"ready\n"
        time.sleep(rng.uniform(0.0, 0.5))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        assert facts(reconciled) in (before, whole)
    assert resolve(cli, reconciled, MISSING).exit_code == 0
    assert facts(reconciled) == whole
    engine = open_engine(Target("t", reconciled.engine, reconciled.database))
    engine.close()


def test_all_that_a_venue_states_of_fills_can_be_adopted(demo_copy: MadeProject, cli) -> None:
    """Though it charged another fee than fee_schedules has, the build publishes."""
    listed = cli(
        demo_copy, "query", "--format", "csv",
        "select break_id from exchange_reconciliation "
        "where break_type in ('PRICE', 'QUANTITY', 'FEE', 'FEE_CURRENCY')",
    )  # fmt: skip
    breaks = listed.stdout.split()[1:]
    assert len(breaks) == 4
    for break_id in breaks:
        adopted = cli(demo_copy, "reconcile", "resolve", break_id, "--adopt", "--reason", "theirs")
        assert adopted.exit_code == 0
    built = cli(demo_copy, "build")
    assert built.exit_code == 0, built.stderr
    left = cli(demo_copy, "query", "select break_id from exchange_reconciliation where is_open")
    assert left.exit_code == 0 and not set(breaks) & set(left.stdout.split())
    # what nobody decided about is judged as ever
    stricter = demo_copy.root / "seeds" / "reference" / "fee_schedules.csv"
    stricter.write_text(
        stricter.read_text().replace(",LINEAR,*,TAKER,*,5,", ",LINEAR,*,TAKER,*,6,")
    )
    assert cli(demo_copy, "build").exit_code == 1


POSITION = "POSITION:x:main:position:BTC-USDT"
STATEMENT = "venue,account,period_start,period_end\nx,main,2026-03-02,2026-03-03\n"
STATED_POSITION = (
    "venue,account,period_start,period_end,kind,currency,symbol,amount,stated_at,average_price\n"
    "x,main,2026-03-02,2026-03-03,POSITION,,BTC-USDT,3,2026-03-03T00:00:00Z,93.3333\n"
)


@pytest.fixture
def holding(tmp_path, engine_name, cli, load) -> Iterator[Callable[..., MadeProject]]:
    """A ledger of such files, built; a venue states that the account holds three."""

    def made(**files: str) -> MadeProject:
        project = slim_ledger_project(
            tmp_path / "held",
            engine_name,
            suites=["reconciliation"],
            without=["execution", "performance"],
        )
        stated = {"statements": STATEMENT, "statement_balances": STATED_POSITION}
        load(project, **{"instruments": INSTRUMENT, **stated, **files})
        assert cli(project, "build").exit_code == 0
        return project

    yield made


def open_breaks(project: MadeProject) -> list[tuple[Any, ...]]:
    return project.rows("select break_id, is_open from exchange_reconciliation order by break_id")


def test_a_settled_position_is_open_again_when_facts_come_late(holding, cli, load):
    project = holding(fills=FILLS_HEADER + fill(1, day=2))
    adopt = ("reconcile", "resolve", POSITION, "--adopt", "--reason", "theirs is right")
    late = FILLS_HEADER + fill(0, 90).replace("BUY,1,", "BUY,2,")

    # what came since the build may have settled it: nothing is adopted of what was built before
    behind = project.copied(project.root.parent / "behind")
    load(behind, fills=late)
    refused = cli(behind, *adopt)
    assert refused.exit_code == 2 and "error[R286]" in refused.stderr
    assert cli(behind, "build").exit_code == 0
    assert open_breaks(behind) == []

    assert cli(project, *adopt).exit_code == 0
    assert cli(project, "build").exit_code == 0
    assert open_breaks(project) == []
    load(project, fills=late)
    assert cli(project, "build").exit_code == 0
    assert open_breaks(project) == [(POSITION, True)]


def test_what_was_settled_is_asked_anew_when_terms_are_restated(holding, cli, load):
    """Of a pair, and not of a contract, a fee in kind leaves the position smaller."""
    columns, _, terms = INSTRUMENT.partition("\n")
    contract = f"{columns},instrument_type\n{terms.strip()},LINEAR\n"
    cash = "venue,account,movement_id,kind,amount,currency,occurred_at\n"
    project = holding(
        instruments=contract,
        fills=FILLS_HEADER + fill(1).replace("0.1,USDT", "0.5,BTC"),
        cash=cash + "x,main,m1,DEPOSIT,1,BTC,2026-03-01T00:00:00Z\n",
        statement_balances=STATED_POSITION
        + "x,main,2026-03-02,2026-03-03,BALANCE,BTC,,0.6,2026-03-03T00:00:00Z,\n",
    )
    balance = "BALANCE:x:main:balance:BTC"
    assert open_breaks(project) == [(balance, True), (POSITION, True)]
    for name in (balance, POSITION):
        settled = cli(project, "reconcile", "resolve", name, "--acknowledge", "--reason", "asked")
        assert settled.exit_code == 0
    assert cli(project, "build").exit_code == 0
    assert open_breaks(project) == [(balance, False), (POSITION, False)]
    pair = "symbol,instrument_type,base_currency,quote_currency,settlement_currency,multiplier,"
    pair += "is_inverse,reason,restated_at\n"
    pair += "BTC-USDT,SPOT,BTC,USDT,USDT,1,false,no contract,2026-03-09T00:00:00Z\n"
    load(project, instrument_restatements=pair)
    assert cli(project, "build").exit_code == 0
    assert open_breaks(project) == [(balance, True), (POSITION, True)]


def test_a_lot_that_says_no_venue_is_where_its_account_is(holding):
    lot = "account,symbol,lot_id,side,quantity,price,acquired_at\n"
    lot += "main,BTC-USDT,l1,BUY,3,93.3333,2026-03-01T00:00:00Z\n"
    assert open_breaks(holding(accounts="account,venue\nmain,x\n", lots=lot)) == []
