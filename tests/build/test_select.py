"""What is built alone: nothing else that it changes is published unproved, or left as it was."""

from __future__ import annotations

import pytest

from tests.canonical_files import FILLS_HEADER, INSTRUMENT, fill
from tests.conftest import slim_ledger_project

pytestmark = pytest.mark.either_engine


def test_a_view_of_what_is_built_is_judged_as_well(make, cli):
    project = make(
        {
            "seeds/a.csv": "id\n1\n",
            "seeds/b.csv": "id\n1\n",
            "models/inner.sql": "{{ config(materialized='ephemeral') }} "
            "select id from {{ ref('a') }}",
            "models/shown.sql": "select id from {{ ref('inner') }}",
            "models/other.sql": "select id from {{ ref('b') }}",
            "checks/c.yml": """
                checks:
                  - {table: shown, rules: [{expression: id < 4, name: small}]}
                  - {table: other, rules: [{expression: id < 4, name: not_asked}]}
            """,
        }
    )
    assert cli(project, "build").exit_code == 0
    project.write({"seeds/a.csv": "id\n9\n"})
    outcome = cli(project, "build", "--select", "a")
    assert outcome.exit_code == 1
    assert "FAIL small\n" in outcome.stderr
    assert "0 passed, 0 warned, 1 failed" in outcome.stderr
    assert project.rows("select id from shown") == [(1,)]


KEPT = """
{{ config(materialized='incremental', unique_key='k') }} select k, v from {{ ref('rates') }}
"""
DERIVED = """
{{ config(materialized='incremental', incremental_strategy='replace', stale='batch_id < 0') }}
select fills.batch_id, kept.v from {{ ref('stg_order_fills') }} as fills
cross join {{ ref('kept') }} as kept
{% if is_incremental() %} where fills.batch_id > {{ built_through() }} {% endif %}
"""


def test_what_stands_on_a_model_of_dbts_own_strategy_is_built_whole(tmp_path, engine_name, cli):
    project = slim_ledger_project(tmp_path / "ledger", engine_name)
    project.write(
        {
            "i.csv": INSTRUMENT,
            "fills.csv": FILLS_HEADER + fill(1, 100, "BUY", 1),
            "seeds/reference/rates.csv": "k,v\n1,1\n",
            "models/staging/kept.sql": KEPT,
            "models/staging/derived.sql": DERIVED,
        }
    )
    assert cli(project, "migrate", "up").exit_code == 0
    for file, form in ("i.csv", "instruments"), ("fills.csv", "fills"):
        assert cli(project, "ingest", file, "--format", f"canonical-{form}").exit_code == 0
    assert cli(project, "build", "--select", "+derived").exit_code == 0
    for rate in (2, 3):
        project.write({"seeds/reference/rates.csv": f"k,v\n1,{rate}\n"})
        assert cli(project, "build", "--select", "rates", "kept").exit_code == 0
        assert cli(project, "build", "--select", "derived").exit_code == 0
        assert project.rows("select v from derived") == [(rate,)]


def test_names_that_only_letters_size_tells_apart_are_one(make, cli):
    project = make({"seeds/foo.csv": "id\n1\n", "models/Foo.sql": "select 5 as other"})
    outcome = cli(project, "build")
    assert outcome.exit_code == 2
    assert "error[R225]: two files are called 'Foo'" in outcome.stderr


def test_a_check_of_what_was_left_behind_says_so(tmp_path, engine_name, cli, load):
    """It compares what is new with what is not: the failure is no fault of the figures."""
    project = slim_ledger_project(tmp_path / "ledger", engine_name, suites=["orders", "lifecycle"])
    load(project, instruments=INSTRUMENT, fills=FILLS_HEADER + fill(1))
    assert cli(project, "build").exit_code == 0
    load(project, fills=FILLS_HEADER + fill(2))
    outcome = cli(project, "build", "--select", "+order_costs")
    assert outcome.exit_code == 1
    assert "FAIL orders_with_costs_have_a_result" in outcome.stderr
    assert "read without the newest facts, as not selected: order_pnl; build all" in outcome.stderr
    assert "as not selected" not in cli(project, "build").stderr
