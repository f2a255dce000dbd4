"""Every value that a build publishes can be read."""

from __future__ import annotations

import pytest

from runner.build.values import shows_names_only

# the view, the line at fault on DuckDB
FAILING = {
    "in a column": ("select\n    id,\n    cast(code as integer) as n\nfrom {{ ref('raw') }}\n", 3),
    "in a condition": ("select id\nfrom {{ ref('raw') }}\nwhere cast(code as integer) > 0\n", 3),
    "in a CTE": (
        "with a as (\n    select cast(code as integer) as n from {{ ref('raw') }}\n)\n\n"
        "select n from a where n is not null\n", 2,
    ),
}  # fmt: skip
VIEW = {"models/shown.yml": "models: [{name: shown, config: {materialized: view}}]\n"}
GOOD, BAD = "id,code\n1,5\n2,7\n", "id,code\n1,5\n2,x\n"


@pytest.mark.parametrize("name", FAILING)
def test_a_view_that_fails_on_a_row_is_not_published(make, cli, name):
    sql, line = FAILING[name]
    text = "seeds:\n  - {name: raw, config: {column_types: {code: text}}}\n"
    project = make({**VIEW, "seeds/raw.csv": GOOD, "seeds/raw.yml": text, "models/shown.sql": sql})
    assert cli(project, "build").exit_code == 0
    project.write({"seeds/raw.csv": BAD})
    outcome = cli(project, "build")
    assert outcome.exit_code == 3
    assert "shown could not be built" in outcome.stderr
    where = f"models/shown.sql:{line}" if project.engine == "duckdb" else "models/shown.sql"
    assert f"where: {where}\n" in outcome.stderr
    assert "'x'" in outcome.stderr
    assert project.rows("select code from raw where id = 2") == [("7",)]


@pytest.mark.parametrize("between", ["view", "ephemeral"])
def test_a_view_left_as_it_is_must_still_be_readable(make, cli, between):
    text = "seeds:\n  - {name: raw, config: {column_types: {code: text}}}\n"
    config = f"models: [{{name: passed, config: {{materialized: {between}}}}}]\n"
    project = make(
        {
            **VIEW,
            "seeds/raw.csv": GOOD,
            "seeds/raw.yml": text,
            "models/passed.yml": config,
            "models/passed.sql": "select id, code from {{ ref('raw') }}",
            "models/shown.sql": "select id, cast(code as integer) as n from {{ ref('passed') }}",
        }
    )
    assert cli(project, "build").exit_code == 0
    project.write({"seeds/raw.csv": BAD})
    outcome = cli(project, "build", "--select", "raw")
    assert outcome.exit_code == 3
    assert "shown is not selected, and could no longer be read" in outcome.stderr
    assert "where: models/shown.sql\n" in outcome.stderr
    assert "select shown as well" in outcome.stderr
    assert project.rows("select id, n from shown order by id") == [(1, 5), (2, 7)]
    project.write({"seeds/raw.csv": GOOD.replace("7", "8")})
    assert cli(project, "build", "--select", "raw").exit_code == 0
    assert project.rows("select n from shown where id = 2") == [(8,)]


def test_a_view_of_names_over_a_view_made_by_hand_is_read(make, cli):
    sources = "sources: [{name: there, tables: [{name: by_hand}]}]\n"
    project = make(
        {
            **VIEW,
            "models/sources.yml": sources,
            "models/shown.sql": "select n from {{ source('there', 'by_hand') }}",
        }
    )
    opened = project.open()
    opened.table_as("words", "select 'x' as code")
    opened.view_as("by_hand", "select cast(code as integer) as n from words")
    opened.close()
    outcome = cli(project, "build")
    assert outcome.exit_code == 3
    assert "shown could not be built" in outcome.stderr


@pytest.mark.parametrize(
    "sql",
    [
        "select a + b from t",
        "select a, b * c from t",
        "select trunc(a) from t",
        "select a::int from t",
        "select distinct a from t",
        "select a from t where b",
        "select a from t join u using (b)",
        "select a from t union all select b from u",
        "select * replace (a as b) from t",
        "select case when a then b end from t",
        "with s as (select a / b as c from t) select * from s",
        "with __dbt__cte__s as (select a from t) select a from __dbt__cte__s",
    ],
)
def test_what_computes_shows_more_than_names(sql):
    assert not shows_names_only(sql)
