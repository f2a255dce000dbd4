"""A new user's first hour: a ledger of one's own, and a check that stops a build."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import ENGINES

pytestmark = pytest.mark.either_engine

INSTRUMENTS = """symbol,base_currency,quote_currency,settlement_currency,multiplier,is_inverse
BTC-USD,BTC,USD,USD,1,false
"""
HEADER = (
    "venue,account,symbol,order_id,fill_id,side,quantity,price,fee_amount,fee_currency,liquidity,"
    "executed_at\n"
)
FILLS = f"""{HEADER}\
desk,main,BTC-USD,o1,f1,BUY,2,100.10,0.2,USD,TAKER,2026-01-05T09:00:00Z
desk,main,BTC-USD,o2,f2,SELL,0.5,110.30,0.1,USD,MAKER,2026-01-05T10:00:00Z
desk,main,BTC-USD,o2,f3,SELL,0.5,111.30,-0.05,USD,MAKER,2026-01-05T10:00:01Z
"""
CHECK = """checks:
  - table: order_fills
    rules:
      - expression: quantity < 2
        name: small_fills_only
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_from_init_to_a_stopped_build(tmp_path, cli, engine):
    there = "" if engine == "duckdb" else f" -t {engine}"
    assert cli(tmp_path, "init", "mine", "--empty").exit_code == 0
    home = tmp_path / "mine"
    schedule = (home / "seeds" / "reference" / "fee_schedules.csv").read_text()
    assert len(schedule.splitlines()) == 1, "the demo's fees are the demo's"
    (home / "instruments.csv").write_text(INSTRUMENTS)
    (home / "fills.csv").write_text(FILLS)
    for file, kind in (
        ("instruments.csv", "canonical-instruments"),
        ("fills.csv", "canonical-fills"),
    ):
        loaded = cli(home, "ingest", file, "--format", kind, "--target", engine)
        assert loaded.exit_code == 0, loaded.stderr
        assert loaded.stderr.endswith(f"next: runner build{there}\n")
    built = cli(home, "build", "--target", engine)
    assert built.exit_code == 0, built.stderr
    # what to do next is said for the target that was built
    assert f"runner show positions{there}   " in built.stderr

    asked = "select symbol, quantity, realized_gross_pnl, fees_paid, net_pnl from positions"
    answer = cli(home, "query", asked, "--format", "json", "--target", engine)
    # bought 2 at 100.10; sold 0.5 at 110.30 and 0.5 at 111.30; fees 0.2 + 0.1 - 0.05
    assert json.loads(answer.stdout) == [
        {
            "symbol": "BTC-USD",
            "quantity": "1.000000000000",
            "realized_gross_pnl": "10.700000000000",
            "fees_paid": "0.250000000000",
            "net_pnl": "10.450000000000",
        }
    ]

    again = cli(home, "ingest", "fills.csv", "--format", "canonical-fills", "--target", engine)
    assert "nothing new" in again.stderr
    assert "0 built" in cli(home, "build", "--target", engine).stderr

    (home / "checks" / "mine.yml").write_text(CHECK)
    (home / "fills2.csv").write_text(
        FILLS.splitlines()[0]
        + "\ndesk,main,BTC-USD,o3,f4,SELL,1,120,0,USD,MAKER,2026-01-06T10:00Z\n"
    )
    cli(home, "ingest", "fills2.csv", "--format", "canonical-fills", "--target", engine)
    stopped = cli(home, "build", "--target", engine)
    assert stopped.exit_code == 1
    assert "NOTHING PUBLISHED" in stopped.stderr
    assert f"check_name = 'small_fills_only'\"{there}\n" in stopped.stderr
    assert cli(home, "query", asked, "--format", "json", "--target", engine).stdout == answer.stdout
    failing = "select failing_row from check_failures where check_name = 'small_fills_only'"
    shown = cli(home, "query", failing, "--format", "ndjson", "--target", engine)
    (row,) = [json.loads(json.loads(line)["failing_row"]) for line in shown.stdout.splitlines()]
    assert row["quantity"] == "2.000000000000"

    (home / "checks" / "mine.yml").unlink()
    assert cli(home, "build", "--target", engine).exit_code == 0
    after = json.loads(cli(home, "query", asked, "--format", "json", "--target", engine).stdout)
    assert after[0]["quantity"] == "0.000000000000"


def test_init_refuses_a_folder_that_is_not_empty(tmp_path, cli):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("kept")
    outcome = cli(tmp_path, "init", "full")
    assert outcome.exit_code == 2
    assert "R215" in outcome.stderr
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["x"]


@pytest.mark.parametrize("standing", [[], [".git"]])
def test_init_where_one_stands(tmp_path, cli, standing):
    for name in standing:
        (tmp_path / name).mkdir()
    before = tmp_path.stat().st_ino
    outcome = cli(tmp_path, "init", ".", "--empty")
    assert outcome.exit_code == 0, outcome.stderr
    assert "cd ." not in outcome.stderr
    made = ["checks", "dbt_project.yml", "models", "pyproject.toml", "seeds", "sql", ".gitignore"]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*made, *standing])
    assert tmp_path.stat().st_ino == before, "a shell that stands in it would stand nowhere"
    assert cli(tmp_path, "build").exit_code == 0
    assert cli(tmp_path, "init", ".").exit_code == 2


def test_init_that_cannot_end_leaves_nothing(tmp_path, cli, monkeypatch):
    replace = Path.replace

    def refused(self, target):
        if self.name == "sql" and self.parent.name == "project":
            raise PermissionError(13, "Permission denied", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refused)
    outcome = cli(tmp_path, "init", ".")
    assert (outcome.exit_code, "R306" in outcome.stderr) == (3, True)
    assert list(tmp_path.iterdir()) == []
