"""Where all that stood has passed a check, only new rows are looked at: and they are."""

from __future__ import annotations

import pytest

from runner.build import ahead, exactness
from runner.build import run as build_run
from runner.cli.main import run
from runner.sqltyping import exactness as sqltyping
from tests.canonical_files import FILLS_HEADER, INSTRUMENT, fill
from tests.conftest import ENGINES, MadeProject, slim_ledger_project

pytestmark = pytest.mark.either_engine

LIMITS = """
    suite: limits
    checks:
      - table: order_fills
        rules:
          - {expression: price < 300, name: prices_are_low}
      - table: lot_matches
        rules:
          - {expression: gross_pnl < 150, name: gains_are_small}
      - table: orders
        rules:
          - name: orders_cost_something
            expect_foreign_key_to_exist: {column_list: [order_id], other_table: order_costs}
      - name: fills_are_early
        sql: |
          select fill_id from {{ ref('stg_order_fills') }}
          where executed_at >= timestamp '2026-03-05 00:00:00'
          {% if is_incremental() %} and batch_id > {{ built_through() }} {% endif %}
"""


@pytest.fixture(scope="module", params=ENGINES)
def traded_once(tmp_path_factory, request) -> MadeProject:
    """A ledger whose limits are kept, and what it looked at in part ever since."""
    project = slim_ledger_project(tmp_path_factory.mktemp("traded") / "ledger", request.param)
    fills = FILLS_HEADER + fill(1, 100, "BUY", 1) + fill(2, 120, "SELL", 1)
    project.write({"i.csv": INSTRUMENT, "fills.csv": fills, "checks/limits.yml": LIMITS})
    place = ["--project-dir", str(project.root)]
    assert run(["migrate", "up", *place]) == 0
    for name, form in (("i.csv", "instruments"), ("fills.csv", "fills")):
        file = str(project.root / name)
        assert run(["ingest", file, "--format", f"canonical-{form}", *place]) == 0
    assert run(["build", *place]) == 0
    return project


@pytest.fixture
def traded(traded_once, tmp_path) -> MadeProject:
    return traded_once.copied(tmp_path / "ledger")


@pytest.fixture
def in_part(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The rules that looked at new rows only."""
    found: list[str] = []

    def seen(compiler, rule, fresh, through):
        found.append(rule.rule.name)
        return narrowed(compiler, rule, fresh, through)

    narrowed = build_run.narrowed
    monkeypatch.setattr(build_run, "narrowed", seen)
    return found


def load(cli, project, fills: str, header: str = FILLS_HEADER) -> int:
    project.write({"fills.csv": header + fills})
    assert cli(project, "ingest", "fills.csv", "--format", "canonical-fills").exit_code == 0
    return cli(project, "build").exit_code


@pytest.mark.parametrize(
    ("fills", "broken"),
    [
        (fill(3, 400, "BUY", 2), "prices_are_low"),
        (fill(3, 100, "BUY", 2) + fill(4, 290, "SELL", 2), "gains_are_small"),
        (fill(3, 100, "BUY", 6), "fills_are_early"),
    ],
)
def test_what_breaks_a_rule_is_found_among_new_rows(
    traded, cli, in_part: list[str], fills: str, broken: str
):
    assert load(cli, traded, fills) == 1
    assert {"prices_are_low", "gains_are_small", "fills_are_early"} <= set(in_part)
    assert (broken,) in traded.rows("select distinct check_name from check_failures")
    # the failure stands: nothing was published, so the rows are as new as they were
    assert cli(traded, "build").exit_code == 1


def test_a_row_that_stands_is_found_by_the_parent_it_lost(traded, cli, in_part: list[str]):
    # the order stays as it was: only what it refers to is gone
    busted = fill(3, 120, "SELL", 2).replace("o3", "o2").strip() + ",BUST,f2\n"
    header = FILLS_HEADER.strip() + ",kind,corrects_fill_id\n"
    assert load(cli, traded, busted, header) == 1
    assert "orders_cost_something" in in_part
    assert traded.rows(
        "select distinct check_name from check_failures where severity = 'error'"
    ) == [("orders_cost_something",)]
    (row,) = traded.rows(
        "select failing_row from check_failures where check_name = 'orders_cost_something'"
    )
    (order,) = traded.rows("select order_id from orders where exchange_order_id = 'o2'")
    assert order[0] in row[0]


@pytest.mark.parametrize("is_large", [True, False])
def test_a_large_ledger_looks_ahead(traded, cli, monkeypatch: pytest.MonkeyPatch, is_large: bool):
    if is_large:
        monkeypatch.setattr(ahead, "LARGE_LEDGER_ROWS", 1)
    assert cli(traded, "build", "--full-refresh").exit_code == 0
    looked: list[str] = []

    def look(sql: str, schema: object) -> sqltyping.Looked:
        looked.append(sql)
        return sqltyping.Looked([])

    # as another process, which knows what is published and no more
    monkeypatch.setattr(exactness, "_CLEAN", set())
    monkeypatch.setattr(sqltyping, "look_at", look)
    assert load(cli, traded, fill(3, 100, "BUY", 2)) == 0
    assert bool(looked) is not is_large


def test_what_would_extend_a_large_ledger_inexactly_is_refused(
    traded, cli, monkeypatch: pytest.MonkeyPatch
):
    model = traded.root / "models" / "costs" / "order_costs.sql"
    inexact = (
        "{% if is_incremental() %} where filled_quantity * cast(2 as double) > 2 {% endif %}\n"
    )
    model.write_text(model.read_text() + inexact)
    monkeypatch.setattr(exactness, "_CLEAN", set())
    monkeypatch.setattr(ahead, "LARGE_LEDGER_ROWS", 1)
    outcome = cli(traded, "build", "--full-refresh")
    # on SQLite a float that meets a decimal is no SQL at all
    assert outcome.exit_code == {"duckdb": 2, "sqlite": 3}[traded.engine]
    assert "where: models/costs/order_costs.sql:112\n" in outcome.stderr


def test_what_kept_the_rules_is_published(traded, cli):
    assert load(cli, traded, fill(3, 100, "BUY", 2) + fill(4, 200, "SELL", 2)) == 0
    assert len(traded.rows("select quantity from lot_matches")) == 2
    assert [
        n
        for n in traded.open(read_only=True).relations()
        if n.startswith(("runner_fresh", "runner_lost"))
    ] == []


WITHIN = """
    checks:
      - table: order_fills
        rules:
          - {expression: price <= 2 * (select min(price) from order_fills), name: near_the_least}
          - expression: price < 110
            name: others_are_low
            where: fill_id in (select fill_id from order_fills where price > 60) and batch_id < 100
          - {unique: [lower(exchange_fill_id)], name: ids_differ}
          - {expect_column_values_to_be_unique: lower(exchange_fill_id), name: as_told_by_gx}
"""


def test_a_row_is_judged_again_where_what_it_is_compared_with_has_changed(
    traded, cli, in_part: list[str]
):
    traded.write({"checks/limits.yml": WITHIN.replace("price < 110", "price < 130")})
    assert cli(traded, "build").exit_code == 0
    assert load(cli, traded, fill(3, 50, "BUY", 2)) == 1
    assert "ids_differ" in in_part
    assert traded.rows("select check_name from check_failures") == [("near_the_least",)]
