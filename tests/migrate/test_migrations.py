"""Migrations: applied whole with their record, guarded facts, and every kind of drift named."""

from __future__ import annotations

import pytest

from runner.errors import EngineError

FACT = """
-- migrate:up

-- Fact: something that happened
create table things (
    thing_id integer not null, -- its number; counts from 1
    amount decimal(38, 12) not null, -- quote units
    constraint pk_things primary key (thing_id),
    constraint ck_things_amount check (amount > 0)
);

create index ix_things_amount on things (amount);

-- migrate:down

drop table things;

-- migrate:verify

select thing_id from things where thing_id = 13;
"""
MORE = """
-- migrate:up
create table more (id integer not null, constraint pk_more primary key (id));
-- migrate:down
drop table more;
"""


@pytest.fixture
def project(make):
    return make({"sql/migrations/0001_things.sql": FACT})


def test_up_status_verify_down(project, cli):
    assert "pending" in cli(project, "migrate", "status").stdout
    assert cli(project, "migrate", "up").exit_code == 0
    assert "applied" in cli(project, "migrate", "status").stdout
    assert cli(project, "migrate", "verify").exit_code == 0
    ((version, name, rollback),) = project.rows(
        "select version_id, name, rollback_sql from schema_version"
    )
    assert (version, name, rollback) == (1, "things", "drop table things;")
    assert cli(project, "migrate", "down").exit_code == 0
    opened = project.open(read_only=True)
    assert "things" not in opened.relations()
    opened.close()
    assert "pending" in cli(project, "migrate", "status").stdout


def test_dry_run_prints_the_sql_and_changes_nothing(project, cli):
    outcome = cli(project, "migrate", "up", "--dry-run")
    assert "create table things" in outcome.stdout
    assert not project.database.exists()


def test_a_failing_migration_leaves_nothing(project, cli):
    broken = MORE.replace("create table more (", "create table more (id text, ")
    project.write({"sql/migrations/0002_more.sql": broken})
    outcome = cli(project, "migrate", "up")
    assert outcome.exit_code == 3
    assert "0002_more.sql:2" in outcome.stderr
    opened = project.open(read_only=True)
    assert not {"things", "more"} & set(opened.relations())
    opened.close()


def test_edited_history_is_named(project, cli):
    cli(project, "migrate", "up")
    project.write({"sql/migrations/0001_things.sql": FACT.replace("quote units", "base units")})
    assert "edited" in cli(project, "migrate", "status").stdout
    outcome = cli(project, "migrate", "up")
    assert outcome.exit_code == 3
    assert "R321" in outcome.stderr


def test_a_gap_in_the_files_and_a_lost_file_are_named(project, cli):
    project.write({"sql/migrations/0003_more.sql": MORE})
    outcome = cli(project, "migrate", "status")
    assert outcome.exit_code == 2
    assert "R211" in outcome.stderr
    (project.root / "sql/migrations/0003_more.sql").rename(
        project.root / "sql/migrations/0002_more.sql"
    )
    cli(project, "migrate", "up")
    (project.root / "sql/migrations/0002_more.sql").unlink()
    assert "R322" in cli(project, "migrate", "up").stderr


@pytest.mark.parametrize(
    "tamper",
    [
        "alter table things add column extra integer",
        "DROP TRIGGER",
        "drop table things",
    ],
)
def test_drift_is_named(project, cli, tamper):
    cli(project, "migrate", "up")
    opened = project.open()
    raw = opened.connection
    if tamper == "DROP TRIGGER":
        on = " on things" if project.engine == "duckdb" else ""
        tamper = f"drop trigger things_no_delete{on}"
    raw.execute(tamper)
    opened.close()
    outcome = cli(project, "migrate", "verify")
    assert outcome.exit_code == 1
    assert "things" in outcome.stdout


def test_a_verify_query_that_finds_a_row_is_a_difference(project, cli):
    cli(project, "migrate", "up")
    opened = project.open()
    opened.execute("insert into things (thing_id, amount) values (13, 1)")
    opened.close()
    outcome = cli(project, "migrate", "verify")
    assert outcome.exit_code == 1
    assert "0001_things.sql:19" in outcome.stdout


@pytest.mark.parametrize(
    "statement",
    [
        "update things set amount = 5",
        "update things set amount = 5 where thing_id = 1",
        "delete from things",
        "delete from things where thing_id = 1",
        "insert or replace into things (thing_id, amount) values (1, 7)",
    ],
)
def test_the_database_itself_refuses_to_change_a_fact(project, cli, statement):
    cli(project, "migrate", "up")
    opened = project.open()
    opened.execute("insert into things (thing_id, amount) values (1, 3)")
    before = list(opened.query("select thing_id, amount from things").rows)
    with pytest.raises(Exception, match=r"append-only|with triggers"):
        opened.connection.execute(statement)
    opened.close()
    assert project.rows("select thing_id, amount from things") == before


def test_down_refuses_to_lose_facts(project, cli):
    cli(project, "migrate", "up")
    opened = project.open()
    opened.execute("insert into things (thing_id, amount) values (1, 3)")
    opened.close()
    refused = cli(project, "migrate", "down")
    assert refused.exit_code == 3
    assert "R325" in refused.stderr
    assert cli(project, "migrate", "down", "--lose-facts").exit_code == 0


def test_a_constraint_holds(project, cli):
    cli(project, "migrate", "up")
    opened = project.open()
    with pytest.raises(EngineError):
        opened.execute("insert into things (thing_id, amount) values (1, -3)")
    opened.close()


def test_a_later_migration_adds_a_column(project, cli):
    cli(project, "migrate", "up")
    project.write({
        "sql/migrations/0002_fee.sql": "-- migrate:up\n"
        "alter table things add column fee decimal(38, 12);\n"
        "-- migrate:down\nalter table things drop column fee;\n"
    })  # fmt: skip
    outcome = cli(project, "migrate", "up")
    assert outcome.exit_code == 0, outcome.stderr
    assert cli(project, "migrate", "verify").exit_code == 0, cli(
        project, "migrate", "verify"
    ).stdout
    opened = project.open(read_only=True)
    (fee,) = [c for c in opened.relations()["things"].columns if c.name == "fee"]
    assert (fee.type.kind.value, fee.type.scale) == ("decimal", 12)
    opened.close()


def test_new_writes_the_next_file(project, cli):
    assert cli(project, "migrate", "new", "add_rates").exit_code == 0
    made = project.root / "sql/migrations/0002_add_rates.sql"
    assert "R327" in cli(project, "migrate", "up").stderr  # once applied it could not be filled in
    made.write_text(MORE)
    assert cli(project, "migrate", "up").exit_code == 0


def test_a_build_says_what_is_pending(make, cli):
    project = make(
        {
            "sql/migrations/0001_things.sql": FACT,
            "models/one.sql": "select 1 as n",
            "checks/c.yml": "checks: []",
        }
    )
    assert cli(project, "build").exit_code == 0
    project.write({"sql/migrations/0002_more.sql": MORE})
    outcome = cli(project, "build")
    assert outcome.exit_code == 3
    assert "R326" in outcome.stderr
    assert cli(project, "build", "--migrate").exit_code == 0
