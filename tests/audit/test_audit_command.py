"""`runner audit list` and `run`: parameters, formats, and what is said of a mistake."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from runner.audit.queries import load_queries
from tests.conftest import ENGINES


@pytest.fixture(scope="module", params=ENGINES)
def demo(
    tmp_path_factory: pytest.TempPathFactory,
    built_demo: Callable[[str], Path],
    request: pytest.FixtureRequest,
) -> Any:
    """The demo ledger, built: its folder, its target's name, and a moment after all was loaded."""
    root = tmp_path_factory.mktemp("audit") / "ledger"
    shutil.copytree(built_demo(request.param), root)
    return root, request.param, datetime.now(UTC).isoformat()


@pytest.fixture
def audit(demo, cli):
    """audit("run", …): `runner audit` on that ledger."""
    root, target, _ = demo
    return lambda *words: cli(root, "audit", *words, "--target", target)


def test_the_list_has_every_file(audit, demo):
    listed = json.loads(audit("list", "--format", "json").stdout)
    assert {q["name"] for q in listed} == {p.stem for p in (demo[0] / "sql/audit").glob("*.sql")}
    (late,) = (q for q in listed if q["name"] == "late_fills")
    assert late["parameters"] == "late_seconds=3600"
    assert late["answers"].startswith("Fills that the ledger learned of long after")


def test_an_answer_in_a_file(audit, tmp_path):
    answer = tmp_path / "answer.csv"
    arguments = ("--param", "grace_seconds=0", "--format", "csv", "-o", str(answer))
    assert audit("run", "fills_after_cancel", *arguments).exit_code == 0
    (late,) = csv.DictReader(io.StringIO(answer.read_text()))
    assert (late["client_order_id"], late["status"]) == ("c-ord-0015", "CANCELLED")
    assert late["quantity"] == "20"


def test_an_answer_as_of_a_moment(audit, demo):
    now = audit("run", "orders_without_risk_checks", "--format", "json")
    then = audit("run", "orders_without_risk_checks", "--format", "json", "--as-of", demo[2])
    assert len(json.loads(now.stdout)) == 5
    assert json.loads(then.stdout) == json.loads(now.stdout)
    before = audit("run", "orders_without_risk_checks", "--as-of", "2026-01-01")
    assert before.exit_code == 2
    assert "R206" in before.stderr


@pytest.mark.parametrize("given", ["it's", "x' or 'x' = 'x", "'; drop table orders; --", "\\"])
def test_text_is_a_value_and_nothing_else(audit, given):
    outcome = audit("run", "who_did_what_when", "--param", f"actor={given}", "--format", "json")
    assert (outcome.exit_code, json.loads(outcome.stdout)) == (0, [])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["late_fill"], "did you mean 'late_fills'?"),
        (["late_fills", "--param", "late_second=1"], "did you mean 'late_seconds'?"),
        (["late_fills", "--param", "late_seconds=1.5"], "give it as a whole number: 60"),
        (["late_fills", "--param", "late_seconds=9223372036854775808"], "is no value of"),
        (["largest_slippage", "--param", "above_bps=1e400"], "is no value of above_bps"),
        (["largest_slippage", "--param", "above_bps=NaN"], "is no value of above_bps"),
        (["largest_slippage", "--param", "above_bps=0.0000000000001"], "at most 12 after"),
        (["manual_adjustments", "--param", "since=yesterday"], "is of type timestamp: recorded"),
        (["out_of_hours_orders", "--param", "trades_on_weekends=yes"], "give it as true or false"),
        (["late_fills", "--param", "late_seconds"], "is not NAME=VALUE"),
    ],
)
def test_a_mistake_is_told_with_its_mend(audit, words, said):
    outcome = audit("run", *words)
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert said in outcome.stderr


def test_what_is_not_built_yet(make_ledger, cli):
    project = make_ledger()
    assert cli(project, "migrate", "up").exit_code == 0
    assert cli(project, "audit", "run", "orphaned_facts").exit_code == 0
    outcome = cli(project, "audit", "run", "largest_slippage")
    assert outcome.exit_code == 2
    assert "largest_slippage reads order_slippage, which is not there" in outcome.stderr


def test_any_client_of_a_duckdb_ledger_runs_the_files_as_they_are(demo):
    root, target, _ = demo
    if target != "duckdb":
        return
    (database,) = root.glob("*.duckdb")
    with duckdb.connect(str(database), read_only=True) as client:
        for query in load_queries(root / "sql" / "audit").values():
            rows = client.execute(query.path.read_text())
            assert [d[0] for d in rows.description] == [c.name for c in query.columns]


QUERY = """\
-- Orders of an account.
--
-- Columns:
--   order_id uuid: the order
-- Parameters:
--   account text, default 'a, b': the account,
--     by its name
with params as (
    select cast('a, b' as text) as account
)

select order_id from orders
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("default 'a, b'", "default 'b'", 6, "do not agree on account"),
        ("account text,", "account bigint,", 6, "do not agree on account"),
        ("as text) as account", "as varchar) as account", 8, "params cannot be read"),
        ("cast('a, b' as text)", "lower('A')", 8, "params cannot be read"),
        ("--   order_id uuid: ", "--   order_id, ", 4, "cannot read 'order_id, the order'"),
        ("-- Columns:", "--", 1, "does not say"),
    ],
)  # fmt: skip
def test_a_comment_that_is_not_true_is_refused(tmp_path: Path, old, new, line, said):
    from runner.errors import ProjectError

    file = tmp_path / "mine.sql"
    file.write_text(QUERY)
    query = load_queries(tmp_path)["mine"]
    assert query.title == "Orders of an account."
    assert query.parameters[0].description == "the account, by its name"
    assert "select cast('o''clock' as text) as" in query.with_values({"account": "o'clock"})
    assert old in QUERY
    file.write_text(QUERY.replace(old, new))
    with pytest.raises(ProjectError, match=said) as raised:
        load_queries(tmp_path)
    assert raised.value.where is not None
    assert raised.value.where.line == line
