"""A correction reaches what stands, wherever in a model or check it was made."""

from __future__ import annotations

import pytest

from tests.canonical_files import FILLS_HEADER, INSTRUMENT, fill
from tests.conftest import ROOT, slim_ledger_project

ADDED = """
{{{{ config(materialized='incremental') }}}}
select id, amount from {{{{ ref('{}') }}}}
{{% if is_incremental() %}} where id > (select max(id) from {{{{ this }}}}) {{% endif %}}
"""


@pytest.mark.parametrize("engine_name", ["duckdb"])  # SQLite knows no clock
@pytest.mark.parametrize("clock", ["now() as t", "current_date as t"])
def test_what_an_incremental_model_stands_on_is_seen_to_change_beside_a_clock(make, cli, clock):
    stage = "select id, amount * {} as amount, {} from {{{{ ref('paid') }}}}"
    project = make(
        {
            "seeds/paid.csv": "id,amount\n1,1.5\n",
            "models/stage.sql": stage.format(100, clock),
            "models/kept.sql": ADDED.format("stage"),
        }
    )
    assert cli(project, "build").exit_code == 0
    project.write({"models/stage.sql": stage.format(1000, clock)})
    assert cli(project, "build").exit_code == 0
    assert project.rows("select amount from kept") == [(1500,)]


def test_sql_that_only_extends_a_model_is_part_of_it(make, cli):
    kept = (
        "{{{{ config(materialized='incremental', unique_key='id') }}}}\n"
        "select id, amount {{% if is_incremental() %}} * {} {{% endif %}} as amount "
        "from {{{{ ref('paid') }}}}"
    )
    project = make({"seeds/paid.csv": "id,amount\n1,1.5\n", "models/kept.sql": kept.format(10)})
    assert cli(project, "build").exit_code == 0
    project.write({"seeds/paid.csv": "id,amount\n1,1.5\n2,2.5\n"})
    assert cli(project, "build").exit_code == 0
    assert project.rows("select sum(amount) from kept") == [(40,)]
    project.write({"models/kept.sql": kept.format(1)})
    assert cli(project, "build").exit_code == 0
    assert project.rows("select sum(amount) from kept") == [(4,)]
    assert "1 built" not in cli(project, "build").stderr


COUNTED = """
{{{{ config(materialized='incremental', incremental_strategy='replace', stale='batch_id {}') }}}}
select batch_id, count(*) as n from {{{{ ref('stg_order_fills') }}}} group by batch_id
"""
NEW = "{{% if is_incremental() %}} and batch_id > {{{{ built_through() }}}} {} {{% endif %}}"
CHECKED = """
    checks:
      - name: fills_are_cheap
        sql: |
          select fill_id from {{ ref('stg_order_fills') }} where price > 300
          NEW
"""
# what is of new rows stands in the check, or in a macro that it calls
PLACES = {
    "check": lambda more: {"checks/mine.yml": CHECKED.replace("NEW", NEW.format(more))},
    "macro": lambda more: {
        "checks/mine.yml": CHECKED.replace("NEW", "{{ and_new() }}"),
        "models/macros/mine.sql": f"{{% macro and_new() %}}{NEW.format(more)}{{% endmacro %}}",
    },
}
APART = {"macros", "staging"}


@pytest.fixture(params=PLACES)
def place(request):
    return PLACES[request.param]


@pytest.fixture
def ledger(tmp_path, engine_name, cli, place):
    without = {p.name for p in (ROOT / "models").iterdir() if p.is_dir()} - APART
    project = slim_ledger_project(tmp_path / "ledger", engine_name, without=without)
    project.write(
        {
            "i.csv": INSTRUMENT,
            "fills.csv": FILLS_HEADER + fill(1, 100, "BUY", 1),
            "more.csv": FILLS_HEADER + fill(2, 400, "BUY", 2),
            "models/staging/counted.sql": COUNTED.format("< 0"),
            **place("+ 100"),
        }
    )
    assert cli(project, "migrate", "up").exit_code == 0
    for file, form in ("i.csv", "instruments"), ("fills.csv", "fills"), ("more.csv", "fills"):
        assert cli(project, "ingest", file, "--format", f"canonical-{form}").exit_code == 0
        assert cli(project, "build").exit_code == 0
    return project


@pytest.mark.parametrize("place", [PLACES["check"]], ids=["check"])
def test_what_is_stale_is_part_of_a_model(ledger, cli):
    twice = ledger.rows("select batch_id, n from counted order by batch_id")
    assert len(twice) > 2  # what it took for stale was wrong
    ledger.write(
        {
            "models/staging/counted.sql": COUNTED.format("> 0"),
            "checks/mine.yml": "checks:\n  - {table: counted, rules: [{row_count: {min: 1}}]}\n",
        }
    )
    assert cli(ledger, "build").exit_code == 0
    assert ledger.rows("select batch_id, n from counted order by batch_id") == [(2, 1), (3, 1)]


def test_what_a_check_says_of_new_rows_is_part_of_it(ledger, cli, place):
    assert ledger.rows("select price from order_fills where price > 300")  # nobody looked there
    ledger.write(place(""))
    assert cli(ledger, "build").exit_code == 1
