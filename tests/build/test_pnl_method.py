"""Choosing how lots are matched: for a build, for an account, and back again."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runner.cli.main import run
from tests.conftest import ENGINES, MadeProject, Outcome, slim_ledger_project

pytestmark = pytest.mark.either_engine

Cli = Callable[..., Outcome]
INSTRUMENTS = """
symbol,base_currency,quote_currency,settlement_currency,multiplier,is_inverse
BTC-USDT,BTC,USDT,,,false
"""
HEADER = (
    "venue,account,symbol,order_id,fill_id,side,quantity,price,fee_amount,fee_currency,"
    "liquidity,executed_at\n"
)
FILL = "northex,{0},BTC-USDT,{0}-{1},{0}-{1},{2},1,{3},0.1,USDT,,2026-03-02T{4}:00:00Z\n"
SEED = "account_id,pnl_method,comment\n"
# bought at 100, 140 and 110, sold at 150
SUITES = ("chain", "facts", "orders", "costs", "fees", "pnl", "portfolio", "recomputation")
GROSS = {"fifo": "50", "lifo": "40", "hifo": "10", "average": "33.333333333333"}
TABLES = ("lot_matches", "open_lots", "order_pnl", "positions", "daily_pnl")


@pytest.fixture(scope="module", params=ENGINES)
def built(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> MadeProject:
    """Two accounts with the same four fills."""
    made = slim_ledger_project(
        tmp_path_factory.mktemp("methods") / "ledger", request.param, suites=SUITES
    )
    fills = [("BUY", 100), ("BUY", 140), ("BUY", 110), ("SELL", 150)]
    lines = [
        FILL.format(account, n, side, price, 10 + n)
        for account in ("main", "other")
        for n, (side, price) in enumerate(fills)
    ]
    made.write({"i.csv": INSTRUMENTS, "f.csv": HEADER + "".join(lines)})
    place = ["--project-dir", str(made.root)]
    for name, form in (("i.csv", "canonical-instruments"), ("f.csv", "canonical-fills")):
        assert run(["ingest", str(made.root / name), "--format", form, *place]) == 0
    assert run(["build", *place]) == 0
    return made


@pytest.fixture
def ledger(built: MadeProject, tmp_path: Path) -> MadeProject:
    """A copy of it to build by another method."""
    return built.copied(tmp_path / "ledger")


def derived(ledger: MadeProject) -> dict[str, list[tuple[Any, ...]]]:
    return {t: sorted(ledger.rows(f"select * from {t}"), key=repr) for t in TABLES}


def gross(ledger: MadeProject) -> dict[str, tuple[str, Decimal]]:
    rows = ledger.rows("select account_id, pnl_method, realized_gross_pnl from positions")
    return {str(account): (str(method), Decimal(str(pnl))) for account, method, pnl in rows}


def test_another_method_and_back(ledger: MadeProject, cli: Cli) -> None:
    first = derived(ledger)
    for method in ("lifo", "average"):
        outcome = cli(ledger, "build", "--var", f"pnl_method={method}")
        assert outcome.exit_code == 0, outcome.stderr
        assert set(gross(ledger).values()) == {(method, Decimal(GROSS[method]))}
    path = "seeds/reference/pnl_methods.csv"
    ledger.write({path: f"{SEED}other,hifo,as its tax return\n"})
    assert cli(ledger, "build", "--var", "pnl_method=lifo").exit_code == 0
    expected = {"main": ("lifo", Decimal(GROSS["lifo"])), "other": ("hifo", Decimal(GROSS["hifo"]))}
    assert gross(ledger) == expected
    ledger.write({path: SEED})
    assert cli(ledger, "build").exit_code == 0
    assert set(gross(ledger).values()) == {("fifo", Decimal(GROSS["fifo"]))}
    assert derived(ledger) == first


def test_a_var_that_is_no_value(ledger: MadeProject, cli: Cli) -> None:
    outcome = cli(ledger, "build", "--var", "equity_at=2026-02-30")
    assert outcome.exit_code == 2
    assert "--var equity_at has no readable value: 2026-02-30" in outcome.stderr


def test_a_method_nobody_knows(ledger: MadeProject, cli: Cli) -> None:
    first = derived(ledger)
    outcome = cli(ledger, "build", "--var", "pnl_method=filo")
    assert outcome.exit_code == 2
    assert "R245" in outcome.stderr
    assert "pnl_method is 'filo'; it can be fifo, lifo, hifo, average" in outcome.stderr
    ledger.write({"seeds/reference/pnl_methods.csv": f"{SEED}other,filo,\n"})
    outcome = cli(ledger, "build")
    assert outcome.exit_code == 1
    assert "NOTHING PUBLISHED" in outcome.stderr
    failures = ledger.rows("select check_name, cast(failing_row as text) from check_failures")
    refused = {name for name, row in failures if "filo" in str(row)}
    assert "accepted_values_pnl_methods_pnl_method" in refused
    assert derived(ledger) == first
