"""An error in an ephemeral model names that model's file and line, and the model that read it."""

from __future__ import annotations

import pytest

# as text, so that a cast is of a row and no constant
SEED = {
    "seeds/raw.csv": "id,code\n1,5\n2,x\n",
    "seeds/raw.yml": "seeds: [{name: raw, config: {column_types: {code: text}}}]\n",
}
EPHEMERAL = "{{ config(materialized='ephemeral') }}\n"
INNER = EPHEMERAL + "-- grain\nselect\n    id,\n    EXPRESSION as n\nfrom {{ ref('raw') }}\n"
# between the two, so that the inner one stands in it and in the reader's own query
OUTER = EPHEMERAL + "select id, n\nfrom {{ ref('inner') }}\nwhere id > 0\n"
READER = (
    "with o as (\n    select * from {{ ref('outer') }}\n),\n\n"
    "i as (select id from {{ ref('inner') }})\n\n"
    "select\n    o.n\nfrom o\ninner join i\n    on o.id = i.id\n"
)
# the inner model's expression, words of the message, and whether SQLite tells the line
AT_FAULT = {
    "an unknown column": ("nowhere", "nowhere", True),
    "a keyword": ("id from id from", "", True),
    "an unknown function": ("nosuch(id)", "nosuch", True),
    "a cast of a row": ("cast(code as integer)", "'x'", False),
}


def project_of(make, expression, kind="table"):
    name = {"models/inner.sql": INNER.replace("EXPRESSION", expression), "models/outer.sql": OUTER}
    config = f"models: [{{name: reader, config: {{materialized: {kind}}}}}]\n"
    return make({**SEED, **name, "models/reader.sql": READER, "models/reader.yml": config})


@pytest.mark.parametrize("kind", ["table", "view", "incremental"])
@pytest.mark.parametrize("name", AT_FAULT)
def test_the_ephemeral_model_is_named(make, cli, name, kind):
    expression, words, tells = AT_FAULT[name]
    project = project_of(make, expression, kind)
    outcome = cli(project, "build")
    assert outcome.exit_code == 3
    assert "inner could not be built" in outcome.stderr
    line = ":5" if tells or project.engine == "duckdb" else ""
    assert f"where: models/inner.sql{line}\n" in outcome.stderr
    assert (
        "it is ephemeral, and stands in the query of reader (models/reader.sql)" in outcome.stderr
    )
    assert words in outcome.stderr


def test_the_one_between_is_named_too(make, cli):
    project = project_of(make, "id")
    project.write({"models/outer.sql": OUTER.replace("id >", "nowhere >")})
    assert "where: models/outer.sql:4\n" in cli(project, "build").stderr


def test_of_an_increment(make, cli):
    guarded = "{% if is_incremental() %}nowhere{% else %}id{% endif %}"
    project = project_of(make, guarded, "incremental")
    assert cli(project, "build").exit_code == 0
    project.write({"seeds/raw.csv": "id,code\n1,5\n2,x\n3,y\n"})
    outcome = cli(project, "build")
    assert "inner could not be built" in outcome.stderr
    assert "where: models/inner.sql:5\n" in outcome.stderr


def test_a_reader_is_named_for_its_own_fault(make, cli):
    project = project_of(make, "id")
    project.write({"models/reader.sql": READER.replace("o.n", "o.nowhere")})
    outcome = cli(project, "build")
    assert "reader could not be built" in outcome.stderr
    assert "where: models/reader.sql:8\n" in outcome.stderr
    assert "ephemeral" not in outcome.stderr


def test_without_a_line_they_are_tried_one_by_one(make, cli):
    project = project_of(make, "id * 9000000000000000000")
    outcome = cli(project, "build")
    assert outcome.exit_code == 3
    if project.engine == "sqlite":
        assert "where: models/inner.sql\n" in outcome.stderr
    else:  # which has ended the transaction that holds what they read
        assert "where: models/reader.sql\n" in outcome.stderr
        held = (
            "its query holds ephemeral models: inner (models/inner.sql), outer (models/outer.sql)"
        )
        assert held in outcome.stderr
    own = READER.replace("o.n", "o.id * 9000000000000000000")
    project.write({"models/inner.sql": INNER.replace("EXPRESSION", "id"), "models/reader.sql": own})
    outcome = cli(project, "build")
    assert "reader could not be built" in outcome.stderr
    assert "where: models/reader.sql\n" in outcome.stderr
    assert ("ephemeral" in outcome.stderr) is (project.engine == "duckdb")


def test_a_float_is_found_where_it_is_written(make, cli):
    project = project_of(make, "cast(id as decimal(9,2)) / 3")
    config = project.root / "pyproject.toml"
    config.write_text(
        config.read_text().replace("[tool.runner]", '[tool.runner]\nexact_money = "error"')
    )
    outcome = cli(project, "build")
    assert outcome.exit_code == 2
    assert "error[R260]: inner would turn exact money into a binary float" in outcome.stderr
    assert "where: models/inner.sql:5\n" in outcome.stderr
    assert "reader" in outcome.stderr
