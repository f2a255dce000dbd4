"""A model or seed named like a fact, or a table of the runner's own, never replaces it."""

from __future__ import annotations

from contextlib import closing

import pytest

from runner.engines.base import Column
from runner.errors import EngineError
from runner.sqltyping.types import INTEGER

THINGS = """
-- migrate:up
-- Fact: something that happened
create table things (thing_id integer not null, constraint pk_things primary key (thing_id));
-- migrate:down
drop table things;
"""
GOOD = {
    "sql/migrations/0001_things.sql": THINGS,
    "checks/c.yml": "checks: [{name: holds, sql: select 1 as n where 1 = 0}]\n",
    "models/one.sql": "select thing_id from things",
}
REFUSED = [
    "models/things.sql",
    "models/deep/THINGS.sql",
    "models/Schema_Version.sql",
    "models/check_failures.sql",
    "models/runner_nodes.sql",
    "models/runner_of_mine.sql",
    "models/ledger_batches.sql",
    "seeds/quarantine.csv",
    "seeds/Things.csv",
]


@pytest.fixture
def project(make, cli):
    made = make(GOOD)
    assert cli(made, "build").exit_code == 0
    with closing(made.open()) as opened:
        opened.execute("insert into things (thing_id) values (7)")
    return made


@pytest.mark.parametrize("materialized", ["view", "table", "ephemeral", "incremental"])
def test_a_name_that_would_destroy_a_table_is_refused(project, cli, materialized):
    for name in REFUSED:
        text = "a\n1\n"
        if name.endswith("sql"):
            text = f"{{{{ config(materialized='{materialized}') }}}} select 1 as a"
        project.write({name: text})
        for command in (["build"], ["build", "--full-refresh"], ["ls"]):
            outcome = cli(project, *command)
            assert outcome.exit_code == 2, name
            assert "error[R231]: no model or seed may be called" in outcome.stderr
            assert f"where: {name}" in outcome.stderr
        (project.root / name).unlink()
    assert project.rows("select thing_id from things") == [(7,)]
    assert project.rows("select version_id from schema_version") == [(1,)]


def test_the_engine_itself_replaces_no_fact_and_no_record(project):
    column = Column("a", INTEGER, "integer")
    with closing(project.open()) as opened:
        for name in ("things", "Things", "schema_version"):
            for replace in (
                lambda name=name: opened.drop(name),
                lambda name=name: opened.table_as(name, "select 1 as a"),
                lambda name=name: opened.view_as(name, "select 1 as a"),
                lambda name=name: opened.empty_table(name, [column]),
            ):
                with pytest.raises(EngineError, match="would have been replaced"):
                    replace()
        assert opened.row_count("things") == 1
        assert opened.row_count("schema_version") == 1


def test_a_plain_project_may_call_a_model_after_its_ledger(make, cli):
    project = make({"models/ledger_entries.sql": "select 1 as a"})
    assert cli(project, "build").exit_code == 0
