"""Builds of one ledger compared: what was learned between two moments, and two PnL methods."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runner.audit.diff.builds import _as_folder
from runner.cli.main import run
from runner.scaffold import scaffold
from tests.canonical_files import INSTRUMENT
from tests.conftest import ENGINES, MadeProject, Outcome

pytestmark = pytest.mark.either_engine

Cli = Callable[..., Outcome]
FILLS = (
    "venue,account,symbol,order_id,fill_id,side,quantity,price,fee_amount,fee_currency,liquidity,"
    "executed_at,kind,corrects_fill_id\n"
)
TABLES = ["positions", "order_state", "lot_matches"]


def fill(order: str, name: str, side: str, price: int, hour: int, amends: str = "TRADE,") -> str:
    at = f"2026-03-02T{hour:02}:00:00Z"
    return f"x,main,BTC-USDT,{order},{name},{side},1,{price},0.1,USDT,,{at},{amends}\n"


def ingest(project: MadeProject, text: str, form: str = "fills") -> str:
    """Append; the moment at which the ledger learned it."""
    project.write({"facts.csv": text})
    words = ["--format", f"canonical-{form}", "--project-dir", str(project.root)]
    assert run(["ingest", str(project.root / "facts.csv"), *words]) == 0
    ((moment,),) = project.rows("select max(recorded_at) as recorded_at from ledger_batches")
    return str(moment)


@pytest.fixture(scope="module", params=ENGINES)
def ledger(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> tuple[MadeProject, str, str]:
    """Two buys and a sale, published; the moment they were known, and that of a late fill.

    The late fill is a buy before all others; then the sale is corrected, and the second buy busted.
    """
    project = MadeProject(tmp_path_factory.mktemp("diff") / "ledger", str(request.param))
    scaffold(project.root, with_demo=False)
    project.write(
        {
            "pyproject.toml": f"""
                [tool.runner]
                target = "t"
                [tool.runner.targets.t]
                engine = "{project.engine}"
                path = "ledger.{project.engine}"
                [tool.runner.targets.other]
                engine = "{"sqlite" if project.engine == "duckdb" else "duckdb"}"
                path = "other.db"
            """
        }
    )
    assert run(["migrate", "up", "--project-dir", str(project.root)]) == 0
    ingest(project, INSTRUMENT, "instruments")
    trades = [fill("o1", "f1", "BUY", 100, 10), fill("o2", "f2", "BUY", 140, 11)]
    first = ingest(project, FILLS + "".join(trades) + fill("o3", "f3", "SELL", 150, 12))
    late = ingest(project, FILLS + fill("o4", "f4", "BUY", 90, 9))
    corrected = fill("o3", "f5", "SELL", 155, 12, "CORRECTION,f3")
    ingest(project, FILLS + corrected + fill("o2", "f6", "BUY", 140, 11, "BUST,f2"))
    words = ["--project-dir", str(project.root), "--select", *(f"+{t}" for t in TABLES)]
    assert run(["build", "-q", *words]) == 0
    return project, first, late


def told(cli: Cli, project: MadeProject, *words: str) -> dict[str, Any]:
    outcome = cli(project, "diff", *words, "--format", "json")
    assert outcome.exit_code == 1, outcome.stderr
    found: dict[str, Any] = json.loads(outcome.stdout)
    return {**found, **{table["table"]: table for table in found["tables"]}}


def test_a_late_fill_explains_what_it_changed(
    ledger: tuple[MadeProject, str, str], cli: Cli
) -> None:
    project, first, late = ledger
    found = told(cli, project, f"as-of:{first}", f"as-of:{late}", "--select", *TABLES)
    assert found["knowledge"]["newer"] == f"as-of:{late}"
    (batch,) = found["knowledge"]["batches"]
    assert batch["row_counts"].items() >= {"order_fills": 1, "orders": 1}.items()
    (position,) = found["positions"]["rows"]
    assert position["columns"]["realized_gross_pnl"] == {
        "a": "50.000000000000", "b": "60.000000000000", "delta": "10.000000000000",
    }  # fmt: skip
    assert position["facts"][0]["said"] == "late fill f4"
    assert position["facts"][0]["batch_id"] == batch["batch_id"]
    (state,) = found["order_state"]["rows"]
    assert state["change"] == "added"
    assert state["facts"][0]["said"] == "late fill f4"
    # the sale is matched with the late fill, no longer with the first
    changes = {row["change"]: row["facts"][0]["said"] for row in found["lot_matches"]["rows"]}
    assert changes == {"added": "late fill f4", "removed": "late fill f4"}
    (total,) = (t for t in found["positions"]["totals"] if t["column"] == "realized_gross_pnl")
    assert (total["currency"], total["delta"]) == ("USDT", "10.000000000000")
    table = cli(project, "diff", f"as-of:{first}", f"as-of:{late}", "--select", "positions")
    assert f"late fill f4 (batch {batch['batch_id']})" in table.stdout
    assert f"facts in as-of:{late} alone" in table.stdout


def test_corrections_and_busts_are_told_whichever_build_is_named_first(
    ledger: tuple[MadeProject, str, str], cli: Cli
) -> None:
    project, _, late = ledger
    found = told(cli, project, "published", f"as-of:{late}", "--select", *TABLES)
    assert found["knowledge"]["newer"] == "published"
    (position,) = found["positions"]["rows"]
    # 155 - 90 as published, 150 - 90 before
    assert position["columns"]["realized_gross_pnl"]["delta"] == "-5.000000000000"
    assert {f["said"] for f in position["facts"]} == {"correction f5 of f3", "bust f6 of f2"}
    (state,) = (r for r in found["order_state"]["rows"] if "filled_quantity" in r["columns"])
    assert [f["said"] for f in state["facts"]] == ["bust f6 of f2"]


def test_two_methods_differ_in_a_place_of_their_own(
    ledger: tuple[MadeProject, str, str], cli: Cli
) -> None:
    project = ledger[0]
    copied = told(cli, project, "published", "var:pnl_method=average", "--select", "positions")
    (position,) = copied["positions"]["rows"]
    assert position["columns"]["pnl_method"] == {"a": "fifo", "b": "average", "delta": None}
    # 155 - 90 against 155 - (90 + 100) / 2
    assert position["columns"]["realized_gross_pnl"]["a"] == "65.000000000000"
    assert position["columns"]["realized_gross_pnl"]["b"] == "60.000000000000"
    assert copied["knowledge"] is None
    assert project.rows("select pnl_method from positions") == [("fifo",)]
    # the project's own models over the same facts come to what is published
    same = cli(project, "diff", "published", "project", "--select", *TABLES)
    assert same.exit_code == 0, same.stdout
    assert same.stdout == ""
    assert "3 tables compared: all are equal" in same.stderr


def test_two_engines_of_one_ledger_are_streamed(
    ledger: tuple[MadeProject, str, str], cli: Cli, tmp_path: Path
) -> None:
    project = ledger[0]
    copy = project.copied(tmp_path / "copy")
    for text, form in ((INSTRUMENT, "instruments"), (FILLS + fill("o1", "f1", "BUY", 101, 10), "")):
        copy.write({"facts.csv": text})
        words = ["--format", f"canonical-{form or 'fills'}", "--target", "other"]
        assert cli(copy, "ingest", "facts.csv", *words).exit_code == 0
    assert cli(copy, "build", "-q", "-t", "other", "--select", "+positions").exit_code == 0
    found = told(cli, copy, "published", "target:other", "--select", "positions")
    (row,) = found["positions"]["rows"]
    assert Decimal(row["columns"]["average_open_price"]["b"]) == 101
    assert "batches of their own" in found["note"]


def test_every_value_of_a_var_has_a_place_of_its_own() -> None:
    values = ["x=a b", "x=a_b", "x=a?b", "x=" + "a" * 300, "x=" + "a" * 299 + "b", "x=é"]
    folders = [_as_folder(value) for value in values]
    assert len(set(folders)) == len(values)
    assert folders[1] == "x=a_b"  # what is plain is read by people
    assert max(map(len, folders)) < 100


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["published", "projekt"], 2, "did you mean 'project'?"),
        (["publish", "project"], 2, "did you mean 'published'?"),
        (["published", "2026-03-02"], 2, "did you mean 'as-of:2026-03-02'?"),
        (["published", "other"], 2, "did you mean 'target:other'?"),
        (["published", "pnl_method=average"], 2, "did you mean 'var:pnl_method=average'?"),
        (["published", "asof:2026-03-02"], 2, "did you mean 'as-of:2026-03-02'?"),
        (["published", "as-of:"], 2, "error[R200]: 'as-of:' names no build"),
        (["published", "as-of:monday"], 2, "error[R200]: 'monday' is no moment"),
        (["published", "as-of:2020-01-01"], 2, "the ledger knew nothing at 2020-01-01"),
        (["published", "var:pnl_method"], 2, "error[R200]: 'var:pnl_method' sets no var"),
        (["published", "target:othr"], 2, "did you mean 'other'?"),
        (["published", "target:t"], 2, "error[R200]: 'published' and 'target:t' are the same"),
        (["published", "target:other"], 3, "error[R301]: there is no database"),
        (["published", "project", "--select", "positons"], 2, "did you mean 'positions'?"),
        (["published", "project", "--select", "daily_pnl"], 2, "error[R209]: nothing of what"),
    ],
)
def test_what_cannot_be_compared(
    ledger: tuple[MadeProject, str, str], cli: Cli, words: list[str], code: int, said: str
) -> None:
    outcome = cli(ledger[0], "diff", *words)
    assert (outcome.exit_code, outcome.stdout) == (code, "")
    assert said in outcome.stderr


def test_what_was_made_on_demand_is_no_difference(
    ledger: tuple[MadeProject, str, str], cli: Cli
) -> None:
    project, _, _ = ledger
    assert cli(project, "build", "-q").exit_code == 0
    assert cli(project, "show", "pnl_by_method").exit_code == 0
    equal = cli(project, "diff", "published", "project")
    assert equal.exit_code == 0, equal.stdout
    assert "all are equal" in equal.stderr
    # book_equity was never asked for, and is not modified
    assert "error[R206]" in cli(project, "ls", "--select", "state:modified").stderr
