"""Build, check, then one atomic publish."""

from __future__ import annotations

import json

import pytest

SHOP = {
    "seeds/raw_orders.csv": "id,amount,status\n1,10.50,placed\n2,20.25,shipped\n",
    "models/stg_orders.sql": "select id, amount, status from {{ ref('raw_orders') }}",
    "models/totals.sql": """
        {{ config(materialized='table') }}
        select status, sum(amount) as total from {{ ref('stg_orders') }} group by status
    """,
    "models/schema.yml": """
        version: 2
        models:
          - name: totals
            columns:
              - name: status
                data_tests: [unique, not_null]
    """,
}
WARNING = """
checks:
  - table: totals
    rules:
      - {name: dear, expression: total < 20, severity: warn}
"""
NEVER = """
checks:
  - table: more
    rules:
      - {name: never, expression: n > 1}
"""
BAD_SEED = "id,amount,status\n1,10.50,placed\n2,20.25,\n3,99.00,shipped\n"


def test_everything_is_built_checked_and_published(make, cli):
    project = make(SHOP)
    outcome = cli(project, "build")
    assert outcome.exit_code == 0, outcome.stderr
    assert outcome.stdout == ""
    assert "published" in outcome.stderr
    found = dict(project.rows("select status, total from totals"))
    assert {k: str(v) for k, v in found.items()} == {"placed": "10.50", "shipped": "20.25"}


def test_a_failed_check_publishes_nothing_and_keeps_the_failing_rows(make, cli):
    project = make(SHOP)
    assert cli(project, "build").exit_code == 0
    project.write({"seeds/raw_orders.csv": BAD_SEED})
    outcome = cli(project, "build")
    assert outcome.exit_code == 1
    assert "NOTHING PUBLISHED" in outcome.stderr
    assert len(project.rows("select id from raw_orders")) == 2  # the seed is as it was
    assert len(project.rows("select status from totals")) == 2
    (failing,) = project.rows("select check_name, failing_row from check_failures")
    assert failing[0] == "not_null_totals_status"
    assert json.loads(str(failing[1])) == {"status": None, "total": "20.25"}


def test_a_mended_build_clears_the_stored_failures(make, cli):
    project = make({**SHOP, "seeds/raw_orders.csv": BAD_SEED})
    assert cli(project, "build").exit_code == 1
    project.write({"seeds/raw_orders.csv": SHOP["seeds/raw_orders.csv"]})
    assert cli(project, "build").exit_code == 0
    assert project.rows("select check_name from check_failures") == []


def test_stored_failures_are_those_of_every_check_that_fails(make, cli):
    project = make({**SHOP, "checks/w.yml": WARNING})
    assert cli(project, "build").exit_code == 0
    kept = project.rows("select * from check_failures")
    assert len(kept) == 1
    project.write({"models/more.sql": "select 1 as n", "checks/more.yml": NEVER})
    assert cli(project, "build").exit_code == 1
    names = project.rows("select check_name from check_failures order by check_name")
    assert names == [("dear",), ("never",)]
    assert cli(project, "build", "--select", "raw_orders").exit_code == 0
    assert ("dear",) in project.rows("select check_name from check_failures")
    # taken back, nothing is left to build, and nothing of the failure either
    (project.root / "models/more.sql").unlink()
    (project.root / "checks/more.yml").unlink()
    assert cli(project, "build").exit_code == 0
    assert project.rows("select * from check_failures") == kept


def test_a_warning_publishes(make, cli):
    warned = SHOP["models/schema.yml"].replace(
        "[unique, not_null]", "[unique, {not_null: {config: {severity: warn}}}]"
    )
    project = make({**SHOP, "seeds/raw_orders.csv": BAD_SEED, "models/schema.yml": warned})
    outcome = cli(project, "build")
    assert outcome.exit_code == 0
    assert "1 warned" in outcome.stderr
    assert len(project.rows("select status from totals")) == 3
    again = cli(project, "build")
    assert "0 built, 3 unchanged" in again.stderr
    assert "1 warned" in again.stderr  # a warning that still stands is said again


def test_what_has_not_changed_is_skipped(make, cli):
    project = make(SHOP)
    cli(project, "build")
    assert "0 built, 3 unchanged" in cli(project, "build").stderr
    project.write({"models/totals.sql": SHOP["models/totals.sql"] + "\n-- a comment"})
    assert "1 built, 2 unchanged" in cli(project, "build").stderr
    project.write({"seeds/raw_orders.csv": "id,amount,status\n7,1.00,placed\n"})
    assert "3 built, 0 unchanged" in cli(project, "build").stderr
    assert "3 built, 0 unchanged" in cli(project, "build", "--full-refresh").stderr


# a model is DuckDB's SQL, of which no clock and no dice can be had on SQLite
@pytest.mark.parametrize("engine_name", ["duckdb"])
def test_a_volatile_model_is_never_skipped(make, cli):
    project = make(
        {
            "models/drawn.sql": "{{ config(materialized='table') }}\n"
            "select 1 as n where random() is not null",
            "models/named.sql": "{{ config(materialized='table') }}\nselect 1 as n -- random, now",
        }
    )
    cli(project, "build")
    assert "1 built, 1 unchanged" in cli(project, "build").stderr


def test_a_dry_run_shows_the_plan_and_writes_nothing(make, cli):
    project = make(SHOP)
    outcome = cli(project, "build", "--dry-run")
    assert outcome.exit_code == 0
    assert "totals" in outcome.stdout
    assert not project.database.exists()
    assert not (project.root / "target").exists()


@pytest.mark.parametrize(
    ("args", "built"),
    [
        (["--select", "+totals"], {"raw_orders", "stg_orders", "totals"}),
        (["--select", "raw_orders+1"], {"raw_orders", "stg_orders"}),
        (["--select", "path:models", "--exclude", "totals"], {"stg_orders"}),
    ],
)
def test_a_selection_is_built_and_no_more(make, cli, args, built):
    project = make(SHOP)
    if "raw_orders" not in built:
        cli(project, "build", "--select", "raw_orders")
    outcome = cli(project, "build", *args)
    assert outcome.exit_code == 0, outcome.stderr
    opened = project.open(read_only=True)
    held = set(opened.relations()) & {"raw_orders", "stg_orders", "totals"}
    opened.close()
    assert held == built | {"raw_orders"}


def test_state_modified_selects_what_changed_since_the_last_publish(make, cli):
    project = make(SHOP)
    cli(project, "build")
    project.write({"models/totals.sql": SHOP["models/totals.sql"].replace("sum", "max")})
    listed = cli(project, "ls", "--select", "state:modified")
    assert listed.stdout.split() == ["totals"]


def test_state_may_be_that_of_another_builds_manifest(make, cli):
    project = make(SHOP)
    cli(project, "build")
    (project.root / "target").rename(project.root / "before")
    project.write({"models/totals.sql": SHOP["models/totals.sql"].replace("sum", "max")})
    cli(project, "build")
    modified = ["--select", "state:modified"]
    assert cli(project, "ls", *modified, "--state", "before").stdout.split() == ["totals"]
    assert cli(project, "ls", *modified, "--state", "target").stdout == ""
    assert "R229" in cli(project, "ls", *modified, "--state", "models").stderr


def test_several_selectors_may_follow_one_option(make, cli):
    listed = cli(make(SHOP), "ls", "--select", "totals", "raw_orders", "--output", "name")
    assert listed.stdout.split() == ["raw_orders", "totals"]


def test_a_table_behind_an_unselected_view_is_not_taken_for_current(make, cli):
    project = make(SHOP)
    cli(project, "build")
    project.write({"seeds/raw_orders.csv": "id,amount,status\n7,1.00,placed\n"})
    cli(project, "build", "--select", "raw_orders")
    assert "1 built" in cli(project, "build", "--select", "totals").stderr
    assert len(project.rows("select status from totals")) == 1


def test_state_modified_is_empty_after_a_build(make, cli):
    project = make({**SHOP, "models/e.sql": "{{ config(materialized='ephemeral') }} select 1 as n"})
    cli(project, "build")
    assert cli(project, "build", "--select", "state:modified").exit_code == 2


def test_selecting_nothing_is_an_error(make, cli):
    outcome = cli(make(SHOP), "build", "--select", "total")
    assert outcome.exit_code == 2
    assert "did you mean 'totals'?" in outcome.stderr


def test_tests_are_listed_by_what_they_read(make, cli):
    project = make(SHOP)
    tests = ["--resource-type", "test"]
    assert len(cli(project, "ls", *tests).stdout.split()) == 2
    assert cli(project, "ls", *tests, "--select", "raw_orders").stdout == ""
    listed = cli(project, "ls", *tests, "--select", "totals", "--output", "json").stdout
    found = [json.loads(line) for line in listed.splitlines()]
    assert [t["name"] for t in found] == ["unique_totals_status", "not_null_totals_status"]
    assert found[0]["depends_on"]["nodes"] == ["model.shop.totals"]
    assert found[0]["original_file_path"] == "models/schema.yml"


def test_a_failing_row_is_valid_json(make, cli):
    check = "select n, cast('inf' as double) as x, n from {{ ref('odd') }}"
    expected = {"n": 1, "x": "inf", "n_1": 1}
    project = make({**SHOP, "models/odd.sql": "select 1 as n"})
    if project.engine == "sqlite":  # it has no infinity, and refuses a second column of a name
        check, expected = "select 'inf' as x, n from {{ ref('odd') }}", {"x": "inf", "n": 1}
    project.write({"checks/c.yml": f'checks:\n  - {{name: none, sql: "{check}"}}\n'})
    assert cli(project, "build").exit_code == 1
    ((row,),) = project.rows("select failing_row from check_failures")
    assert json.loads(str(row)) == expected


def test_tables_are_described_in_the_catalogue(make, cli):
    described = "models:\n  - {name: totals, description: 'One row a status, it''s said.'}\n"
    project = make({**SHOP, "models/schema.yml": described})
    assert cli(project, "build").exit_code == 0
    opened = project.open(read_only=True)
    found = opened.schema_signature()
    opened.close()
    assert any(
        s.table == "totals" and "One row a status, it's said." in said for s, said in found.items()
    )
    assert "0 built" in cli(project, "build").stderr


def test_artifacts_are_in_dbts_shape(make, cli):
    project = make(SHOP)
    cli(project, "build")
    manifest = json.loads((project.root / "target/manifest.json").read_text())
    results = json.loads((project.root / "target/run_results.json").read_text())
    assert manifest["parent_map"]["model.shop.totals"] == ["model.shop.stg_orders"]
    assert manifest["nodes"]["model.shop.totals"]["compiled_code"].startswith("select status")
    by_id = {r["unique_id"]: r["status"] for r in results["results"]}
    assert by_id["model.shop.totals"] == "success"
    assert sorted(v for k, v in by_id.items() if k.startswith("test.")) == ["pass", "pass"]


def test_run_results_tell_of_a_model_that_failed(make, cli):
    project = make({**SHOP, "models/totals.sql": "select nowhere from {{ ref('stg_orders') }}"})
    assert cli(project, "build").exit_code == 3
    results = json.loads((project.root / "target/run_results.json").read_text())
    by_id = {r["unique_id"]: r["status"] for r in results["results"]}
    assert by_id["model.shop.totals"] == "error"
    assert results["args"]["published"] is False


def test_a_contract_is_enforced(make, cli):
    promised = """
        version: 2
        models:
          - name: totals
            config: {contract: {enforced: true}}
            columns:
              - {name: status, data_type: text}
              - {name: total, data_type: "decimal(38,12)"}
              - {name: orders, data_type: bigint}
    """
    project = make({**SHOP, "models/schema.yml": promised})
    outcome = cli(project, "build")
    assert outcome.exit_code == 1
    assert "R102" in outcome.stderr
    assert "orders is missing" in outcome.stderr
    assert "promised decimal(38,12)" in outcome.stderr
    assert "models/schema.yml:3" in outcome.stderr


@pytest.mark.parametrize("kind", ["table", "view", "incremental"])
def test_a_contract_of_an_ephemeral_model_is_enforced(make, cli, kind):
    promised = """
        models:
          - name: stg_orders
            config: {materialized: ephemeral, contract: {enforced: true}}
            columns:
              - {name: id, data_type: bigint}
              - {name: amount, data_type: "decimal(18,2)"}
              - {name: status, data_type: text}
    """
    between = "{{ config(materialized='ephemeral') }} select * from {{ ref('stg_orders') }}"
    config = f"{{{{ config(materialized='{kind}') }}}}\n"
    project = make(
        {
            **SHOP,
            "models/schema.yml": promised,
            "models/passed_on.sql": between,
            "models/totals.sql": config + "select amount from {{ ref('passed_on') }}",
        }
    )
    assert cli(project, "build").exit_code == 0
    project.write({"models/schema.yml": promised.replace("decimal(18,2)", "decimal(38,12)")})
    outcome = cli(project, "build", "--select", "totals")
    assert outcome.exit_code == 1
    assert "error[R102]: stg_orders breaks its contract" in outcome.stderr
    assert "promised decimal(38,12)" in outcome.stderr
    assert "where: models/schema.yml:2\n" in outcome.stderr
    project.write({"models/schema.yml": promised, "models/stg_orders.sql": "select id + nowhere"})
    assert "where: models/stg_orders.sql:1\n" in cli(project, "build").stderr


INCREMENTAL = {
    "seeds/events.csv": "id,amount\n1,5\n2,6\n",
    "models/kept.sql": """
        {{ config(materialized='incremental', unique_key='id') }}
        select id, amount from {{ ref('events') }}
        {% if is_incremental() %} where id >= (select max(id) from {{ this }}) {% endif %}
    """,
}


def test_an_incremental_model_extends_its_table(make, cli):
    project = make(INCREMENTAL)
    cli(project, "build")
    project.write({"seeds/events.csv": "id,amount\n1,500\n2,7\n3,8\n"})
    outcome = cli(project, "build")
    assert outcome.exit_code == 0, outcome.stderr
    # id 1 is outside the increment; 2 is replaced by its key; 3 is new
    assert project.rows("select id, amount from kept order by id") == [(1, 5), (2, 7), (3, 8)]
    cli(project, "build", "--full-refresh")
    assert project.rows("select id, amount from kept order by id") == [(1, 500), (2, 7), (3, 8)]


def test_an_incremental_model_over_changed_sql_is_built_from_nothing(make, cli):
    project = make(
        {
            "seeds/events.csv": "id,amount\n1,5\n2,6\n",
            "macros/fee.sql": "{% macro fee() %}1{% endmacro %}",
            "models/priced.sql": (
                "select id, amount + {{ fee() }} as amount from {{ ref('events') }}"
            ),
            "models/kept.sql": INCREMENTAL["models/kept.sql"].replace("events", "priced"),
        }
    )
    assert cli(project, "build").exit_code == 0
    project.write({"macros/fee.sql": "{% macro fee() %}2{% endmacro %}"})
    assert cli(project, "build").exit_code == 0
    assert project.rows("select id, amount from kept order by id") == [(1, 7), (2, 8)]


def test_a_changed_incremental_model_is_built_from_nothing(make, cli):
    project = make(INCREMENTAL)
    cli(project, "build")
    changed = INCREMENTAL["models/kept.sql"].replace(
        "id, amount from", "id, amount + 1 as amount from"
    )
    project.write({"models/kept.sql": changed})
    cli(project, "build")
    assert project.rows("select id, amount from kept order by id") == [(1, 6), (2, 7)]


def test_ephemeral_models_stand_inside_their_readers(make, cli):
    project = make(
        {
            **SHOP,
            "models/stg_orders.sql": "{{ config(materialized='ephemeral') }}\n"
            + SHOP["models/stg_orders.sql"],
        }
    )
    assert cli(project, "build").exit_code == 0
    opened = project.open(read_only=True)
    assert "stg_orders" not in opened.relations()
    opened.close()
    assert len(project.rows("select total from totals")) == 2
