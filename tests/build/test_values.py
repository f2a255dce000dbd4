"""Every value that a build publishes can be read, and no float is NaN or infinite."""

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


RAW = "id,part,whole\n1,1,2\n2,3,1\n"
LARGE = "select id, cast(1e308 as double) * part as large, id as n from {{ ref('raw') }}"


@pytest.mark.parametrize("kind", ["table", "view", "incremental"])
@pytest.mark.parametrize(
    ("part", "held"),
    [("-3", "large in 1 row\n"), ("3\n3,7", "large in 2 rows\n")],
)
def test_infinity_is_not_published(make, cli, kind, part, held):
    floats = f"models: [{{name: floats, config: {{materialized: {kind}}}}}]\n"
    project = make(
        {"seeds/raw.csv": "id,part\n1,1\n", "models/floats.sql": LARGE, "models/f.yml": floats}
    )
    assert cli(project, "build").exit_code == 0
    project.write({"seeds/raw.csv": f"id,part\n1,1\n2,{part}\n"})
    outcome = cli(project, "build")
    assert outcome.exit_code == 3
    assert f"error[R315]: floats would hold NaN or infinity: {held}" in outcome.stderr
    assert "where: models/floats.sql\n" in outcome.stderr
    assert project.rows("select id, large from floats") == [(1, 1e308)]


# an expression, in how many rows it is no finite number, and what SQLite says of it
NO_NUMBER = {
    "infinity less infinity": (
        "cast(1e308 as double) * 10 - cast(1e308 as double) * 10", 2, "inf - inf is no number",
    ),
    "nothing times infinity": (
        "(whole - whole) * (cast(1e308 as double) * 10)", 2, "0.0 * inf is no number",
    ),
    "a division by zero": ("cast(part as double) / (whole - 1)", 1, "division by zero: 3.0 / 0.0"),
    "the root of less than zero": ("sqrt(cast(-part as double))", 2, "the square root of -1.0"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_NUMBER)
def test_what_is_no_number_is_not_published(make, cli, name):
    expression, count, said = NO_NUMBER[name]
    model = f"select {expression} as ratio from {{{{ ref('raw') }}}}"
    project = make({"seeds/raw.csv": RAW, "models/floats.sql": model})
    outcome = cli(project, "build")
    assert outcome.exit_code == 3
    if project.engine == "duckdb":
        said = f"error[R315]: floats would hold NaN or infinity: ratio in {count} row"
    assert said in outcome.stderr
    assert "where: models/floats.sql" in outcome.stderr
    opened = project.open(read_only=True)
    assert "floats" not in opened.relations()
    opened.close()


@pytest.mark.parametrize("kind", ["double", "decimal(9,2)"])
@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity"])
def test_a_seed_holds_finite_numbers(make, cli, kind, text):
    typed = f"seeds: [{{name: raw, config: {{column_types: {{part: '{kind}'}}}}}}]\n"
    files = {"seeds/raw.yml": typed, "models/m.sql": "select part from {{ ref('raw') }}"}
    project = make({**files, "seeds/raw.csv": f"id,part\n1,2.5\n2,{text}\n"})
    outcome = cli(project, "build")
    assert outcome.exit_code == 2
    assert f"error[R227]: '{text}' in column part of seed raw is no" in outcome.stderr
    assert "where: seeds/raw.csv:3\n" in outcome.stderr
    project.write({"seeds/raw.csv": "id,part\n1,2.5\n2,-1e2\n"})
    assert cli(project, "build").exit_code == 0
    assert project.rows("select cast(part as double) as p from raw order by id") == [
        (2.5,),
        (-100,),
    ]
