"""What a build comes to is what a full refresh comes to, whatever was built, edited or lost before.

Also of its checks: none is passed by that a full refresh would fail.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from runner.build import run as build_run
from runner.cli.main import run
from tests.canonical_files import FILLS_HEADER, INSTRUMENT, fill
from tests.conftest import ENGINES, MadeProject, Outcome, slim_ledger_project

pytestmark = pytest.mark.either_engine

Cli = Callable[..., Outcome]
TABLES = (
    "account_totals", "daily_pnl", "lot_matches", "open_lots", "order_costs", "order_pnl",
    "order_state", "positions",
)  # fmt: skip
FIRST, SECOND = "zeta", "alpha"  # accounts, in the order in which the ledger meets them


@pytest.fixture(scope="module", params=ENGINES)
def traded_once(tmp_path_factory: pytest.TempPathFactory, request) -> MadeProject:
    """One account that has traded, and then another whose name comes first."""
    project = slim_ledger_project(tmp_path_factory.mktemp("traded") / "ledger", request.param)
    project.write({"i.csv": INSTRUMENT})
    place = ["--project-dir", str(project.root)]
    file = str(project.root / "i.csv")
    assert run(["ingest", file, "--format", "canonical-instruments", *place]) == 0
    for account, price in ((FIRST, 100), (SECOND, 50)):
        project.write({"f.csv": FILLS_HEADER + of(account, fill(1, price) + fill(2, price + 9))})
        file = str(project.root / "f.csv")
        assert run(["ingest", file, "--format", "canonical-fills", *place]) == 0
        assert run(["build", *place]) == 0
    return project


@pytest.fixture
def traded(traded_once: MadeProject, tmp_path: Path) -> MadeProject:
    return traded_once.copied(tmp_path / "ledger")


def of(account: str, fills: str) -> str:
    """The fills as those of an account; each has ids of its own there."""
    lines = [line.split(",") for line in fills.splitlines()]
    for line in lines:
        line[1] = account
        line[3], line[4] = f"{account}-{line[3]}", f"{account}-{line[4]}"
    return "".join(",".join(line) + "\n" for line in lines)


def load(cli: Cli, project: MadeProject, fills: str) -> None:
    project.write({"f.csv": FILLS_HEADER + fills})
    assert cli(project, "ingest", "f.csv", "--format", "canonical-fills").exit_code == 0


def published(project: MadeProject) -> dict[str, list[str]]:
    with closing(project.open(read_only=True)) as opened:
        return {
            table: sorted(
                str([str(value) for value in row])
                for row in opened.query(f"select * from {table}").rows
            )
            for table in TABLES
        }


def built(cli: Cli, project: MadeProject, *arguments: str) -> None:
    outcome = cli(project, "build", *arguments)
    assert outcome.exit_code == 0, outcome.stderr


def assert_as_refreshed(cli: Cli, project: MadeProject) -> None:
    built(cli, project)
    found = published(project)
    built(cli, project, "--full-refresh")
    assert found == published(project)


def edit(project: MadeProject, model: str, change: Callable[[str], str]) -> str:
    """The model's text before the change."""
    path = project.root / "models" / model
    before = path.read_text()
    path.write_text(change(before))
    assert path.read_text() != before
    return before


@pytest.mark.parametrize(
    "parts",
    [
        # one is extended over a table that is left as it was, which is extended without it
        [["--exclude", "int_book_fills"], ["--exclude", "lot_matches"]],
        [["--full-refresh", "--select", "int_books"]],
    ],
)
def test_after_builds_of_parts(traded: MadeProject, cli: Cli, parts: list[list[str]]) -> None:
    sold = fill(3, 120, "SELL", 2)
    load(cli, traded, of(FIRST, sold) + of(SECOND, fill(4, 130, "SELL", 2)))
    for part in parts:
        built(cli, traded, *part)
    assert_as_refreshed(cli, traded)


def test_after_facts_that_bear_on_most_of_a_large_ledger(
    traded: MadeProject, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = """
        {{ config(materialized='incremental') }}
        select count(*) as n from {{ ref('order_state') }}
    """
    traded.write({"models/costs/counted.sql": counted})
    built(cli, traded)
    monkeypatch.setattr(build_run, "_MANY_ROWS", 0)
    early = "".join(fill(n, 90).replace("2026-03", "2026-02") for n in (3, 4, 5))
    load(cli, traded, of(FIRST, early))
    outcome = cli(traded, "build")
    assert outcome.exit_code == 0, outcome.stderr
    assert "begun again to build it whole: " in outcome.stderr
    # what dbt's own strategy extends may be nowhere else any more
    assert sorted(traded.rows("select n from counted")) == [(4,), (7,)]
    assert_as_refreshed(cli, traded)
    load(cli, traded, of(SECOND, fill(6, 95, day=3)))
    outcome = cli(traded, "build")
    assert outcome.exit_code == 0, outcome.stderr
    assert "begun again" not in outcome.stderr


def test_a_book_keeps_its_number_however_its_table_is_made(traded: MadeProject, cli: Cli) -> None:
    numbers = "select book_key, account_id from int_books order by book_key"
    assert traded.rows(numbers) == [(1, FIRST), (2, SECOND)]
    with closing(traded.open()) as opened:
        opened.connection.execute("drop table int_books")
    built(cli, traded)
    assert traded.rows(numbers) == [(1, FIRST), (2, SECOND)]
    load(cli, traded, of(FIRST, fill(3, 120, "SELL", 2)) + of("beta", fill(4)))
    assert_as_refreshed(cli, traded)
    assert traded.rows(numbers) == [(1, FIRST), (2, SECOND), (3, "beta")]


def test_fills_of_one_moment_keep_their_order_when_their_model_is_edited(
    traded: MadeProject, cli: Cli
) -> None:
    # the venue numbers its executions: of one length, as the texts are in order
    dear, cheap = fill(5, 110, day=2).replace("f5", "f6"), fill(5, 100, day=2)
    load(cli, traded, of("beta", dear + cheap + fill(7, 120, "SELL", 2)))
    built(cli, traded)
    load(cli, traded, of("beta", fill(8, 90, day=3)))
    built(cli, traded)
    places = "select place_in_moment from int_book_fills where place_in_moment > 0"
    assert sorted(traded.rows(places)) == [(1,), (2,)]
    edit(traded, "pnl/int_book_fills.sql", lambda sql: sql + "-- edited\n")
    built(cli, traded)
    assert sorted(traded.rows(places)) == [(1,), (2,)]
    gains = "select gross_pnl from lot_matches where account_id = 'beta'"
    assert [str(gain) for (gain,) in traded.rows(gains)] == ["20.000000000000"]
    assert_as_refreshed(cli, traded)


def test_what_extends_a_table_wrong_is_mended_when_it_is_right_again(
    traded: MadeProject, cli: Cli
) -> None:
    def forgetful(sql: str) -> str:
        return sql.replace("where book_key is not null\n", "where book_key < 0\n")

    before = edit(traded, "pnl/order_pnl.sql", forgetful)
    built(cli, traded)
    load(cli, traded, of(FIRST, fill(3, 120, "SELL", 2)))
    built(cli, traded)
    edit(traded, "pnl/order_pnl.sql", lambda _: before)
    assert_as_refreshed(cli, traded)


def append_behind_the_back(project: MadeProject) -> None:
    """One more fill like the first, of a batch that does not tell of it."""
    with closing(project.open()) as opened:
        columns = [c.name for c in opened.relations()["order_fills"].columns]
        own = {
            "fill_id": "'00000000-0000-0000-0000-000000000001'",
            "exchange_fill_id": "'behind'",
        }
        listed = ", ".join(own.get(column, column) for column in columns)
        opened.connection.execute(
            f"insert into order_fills ({', '.join(columns)}) select {listed} from order_fills "
            f"where exchange_fill_id = '{FIRST}-f1'"
        )


def change_a_seed(project: MadeProject) -> None:
    path = "seeds/reference/pnl_methods.csv"
    project.write({path: "account_id,pnl_method,comment\nnobody,lifo,\n"})


def test_what_was_appended_behind_the_back_is_not_lost_in_a_build_of_a_part(
    traded: MadeProject, cli: Cli
) -> None:
    append_behind_the_back(traded)
    built(cli, traded, "--full-refresh", "--select", "pnl_methods")
    assert_as_refreshed(cli, traded)
    load(cli, traded, of(FIRST, fill(3, 120, "SELL", 2)))
    outcome = cli(traded, "build", "--dry-run")  # known by now: no reason to build all again
    (line,) = [row for row in outcome.stdout.splitlines() if " order_costs " in row]
    assert line.startswith("extend")
    assert_as_refreshed(cli, traded)


LIMIT = """
    suite: limits
    checks:
      - name: fills_are_early
        sql: |
          select fill_id from {{ ref('stg_order_fills') }}
          where executed_at >= timestamp '2026-03-05 00:00:00'
          {% if is_incremental() %} and batch_id > {{ built_through() }} {% endif %}
      - name: fills_are_small
        sql: |
          select fill_id from {{ ref('int_fills_effective') }} where quantity > 1
          {% if is_incremental() %} and {{ is_changed_fill() }} {% endif %}
"""


@pytest.mark.parametrize(
    ("broken", "late"),
    [
        ("fills_are_early", fill(3, day=6)),
        ("fills_are_small", fill(3, day=2).replace(",BUY,1,", ",BUY,2,")),
    ],
    ids=["early", "small"],
)
@pytest.mark.parametrize("part", [["--select", "pnl_methods"], ["--exclude", "stg_order_fills+"]])
def test_a_check_looks_at_what_a_build_of_a_part_passed_by(
    traded: MadeProject, cli: Cli, broken: str, late: str, part: list[str]
) -> None:
    traded.write({"checks/limits.yml": LIMIT})
    built(cli, traded)
    load(cli, traded, of(FIRST, late))
    change_a_seed(traded)
    built(cli, traded, *part)
    assert cli(traded, "build").exit_code == 1
    assert (broken,) in traded.rows("select check_name from check_failures")
