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


def test_a_table_that_a_migration_takes_for_granted_is_named(project, cli):
    lone = "-- migrate:up\ncreate index ix_lost on lost_things (id);\n-- migrate:down\n"
    project.write({"sql/migrations/0002_index.sql": lone})
    outcome = cli(project, "migrate", "up")
    if project.engine == "sqlite":  # DuckDB keeps no secondary index
        assert outcome.exit_code == 3
        assert "R324" in outcome.stderr
        assert "lost_things" in outcome.stderr


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
    assert "migration 0002 is missing" in outcome.stderr
    project.write({"sql/migrations/0001_twice.sql": MORE})
    doubled = cli(project, "migrate", "status").stderr
    assert "two migrations are numbered 0001" in doubled
    assert "0001_things.sql" in doubled
    (project.root / "sql/migrations/0001_twice.sql").unlink()
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


def test_several_steps_are_undone_all_or_none(project, cli):
    project.write(
        {
            "sql/migrations/0002_more.sql": MORE,
            "sql/migrations/0003_last.sql": MORE.replace("more", "last_of_all"),
        }
    )
    cli(project, "migrate", "up")
    opened = project.open()
    opened.execute("insert into things (thing_id, amount) values (1, 3)")
    opened.close()
    refused = cli(project, "migrate", "down", "--steps", "3")
    assert refused.exit_code == 3
    assert "undoing 0001_things would drop 1 row of things; nothing was undone" in refused.stderr
    assert cli(project, "migrate", "verify").exit_code == 0
    assert len(project.rows("select version_id from schema_version")) == 3
    undone = cli(project, "migrate", "down", "--steps", "3", "--lose-facts")
    assert undone.stderr.split() == ["undid", "0003_last", "undid", "0002_more", "undid",
                                     "0001_things"]  # fmt: skip
    assert project.rows("select version_id from schema_version") == []


def test_up_puts_back_a_guard_that_was_taken_off_or_altered(project, cli):
    cli(project, "migrate", "up")
    opened = project.open()
    raw = opened.connection
    if project.engine == "duckdb":
        raw.execute("drop trigger things_no_delete on things")
        raw.execute("drop trigger schema_version_record_update on schema_version")
    else:
        raw.execute("drop trigger things_no_replace")
        raw.execute(
            "create trigger things_no_replace before insert on things "
            "when exists (select 1 from things where thing_id = new.thing_id) "
            "begin select raise(abort, 'things holds facts'); end"
        )
        raw.execute("drop trigger schema_version_record_update")
    opened.close()
    named = cli(project, "migrate", "verify")
    assert named.exit_code == 1
    trigger = "delete" if project.engine == "duckdb" else "replace"
    assert f"trigger things_no_{trigger} on things: " in named.stdout
    mended = cli(project, "migrate", "up")
    assert mended.exit_code == 0, mended.stderr
    assert "put back the guards of things, schema_version" in mended.stderr
    assert cli(project, "migrate", "verify").exit_code == 0
    assert "put back" not in cli(project, "migrate", "up").stderr


def test_no_column_of_a_fact_is_rewritten_or_dropped(project, cli):
    cli(project, "migrate", "up")
    opened = project.open()
    opened.execute("insert into things (thing_id, amount) values (1, 3)")
    if project.engine == "duckdb":
        for statement in (
            "alter table things alter amount type decimal(38, 12) using amount * 2",
            "alter table things alter thing_id type bigint",
            "alter table things drop column amount",
            "alter table schema_version alter checksum type varchar using 'forged'",
        ):
            with pytest.raises(Exception, match=r"(CHECK|PRIMARY KEY) constraint"):
                opened.connection.execute(statement)
    else:
        with pytest.raises(Exception, match=r"error in .* after drop column"):
            opened.connection.execute("alter table things drop column amount")
    opened.close()
    assert [str(v) for (v,) in project.rows("select amount from things")] == ["3.000000000000"]
    assert cli(project, "migrate", "verify").exit_code == 0


def test_a_difference_is_told_in_whole_clauses(project, cli):
    cli(project, "migrate", "up")
    opened = project.open()
    opened.connection.execute("alter table things add column fee decimal(38, 12)")
    opened.connection.execute("alter table things rename column amount to price")
    opened.close()
    outcome = cli(project, "migrate", "verify")
    assert outcome.exit_code == 1
    (table,) = [line for line in outcome.stdout.splitlines() if line.startswith("table things:")]
    before, _, instead = table.partition("; has instead: ")
    if project.engine == "duckdb":
        assert "lacks: amount DECIMAL(38,12) NOT NULL; " in before
        assert instead.startswith("price DECIMAL(38,12) NOT NULL; fee DECIMAL(38,12); ")
    else:
        assert "lacks: amount DECIMAL_TEXT(38,12) not null check (decimal_is_canonical(" in before
        assert "; fee decimal(38, 12)" in instead
    assert "mend: " in outcome.stderr


def test_a_fact_with_parentheses_in_its_comments_is_made(make, cli):
    fact = FACT.replace("check (amount > 0)\n);", "check (amount > 0) -- not (0, or less\n); -- :)")
    assert fact != FACT
    project = make({"sql/migrations/0001_things.sql": fact})
    outcome = cli(project, "migrate", "up")
    assert outcome.exit_code == 0, outcome.stderr


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
            "checks/c.yml": "checks: [{name: holds, sql: select 1 as n where 1 = 0}]",
        }
    )
    assert cli(project, "build").exit_code == 0
    project.write({"sql/migrations/0002_more.sql": MORE})
    outcome = cli(project, "build")
    assert outcome.exit_code == 3
    assert "R326" in outcome.stderr
    assert cli(project, "build", "--migrate").exit_code == 0


def test_the_record_of_migrations_is_guarded_and_down_still_works(project, cli):
    project.write({"sql/migrations/0002_more.sql": MORE})
    cli(project, "migrate", "up")
    forged = "select version_id, 'x', applied_at, checksum, rollback_sql from schema_version"
    opened = project.open()
    for statement in (
        "update schema_version set checksum = 'forged'",
        "delete from schema_version where version_id = 2",
        f"insert or replace into schema_version {forged}",
    ):
        with pytest.raises(Exception, match=r"append-only|with triggers"):
            opened.connection.execute(statement)
    opened.close()
    assert cli(project, "migrate", "verify").exit_code == 0
    assert cli(project, "migrate", "down", "--steps", "2").exit_code == 0
    assert project.rows("select version_id from schema_version") == []
    assert cli(project, "migrate", "up").exit_code == 0
    opened = project.open()
    with pytest.raises(Exception, match="only `runner migrate` writes it"):
        opened.connection.execute("delete from schema_version")
    on = " on schema_version" if project.engine == "duckdb" else ""
    opened.connection.execute(f"drop trigger schema_version_record_delete{on}")
    opened.close()
    outcome = cli(project, "migrate", "verify")
    assert outcome.exit_code == 1
    assert "trigger schema_version_record_delete on schema_version: is missing" in outcome.stdout


def test_verify_accounts_for_what_builds_made_and_names_the_rest(make, cli):
    project = make(
        {
            "sql/migrations/0001_things.sql": FACT,
            "seeds/raw.csv": "id\n1\n",
            # its name begins with a fact's
            "models/things_seen.sql": "{{ config(materialized='table') }} "
            "select id from {{ ref('raw') }}",
            "models/shown.sql": "select id from {{ ref('things_seen') }}",
            "models/outgoing.sql": "{{ config(materialized='table') }} select 1 as n",
            "checks/c.yml": "checks:\n  - table: raw\n    rules:\n"
            "      - {name: none, expression: id > 1, severity: warn}\n",
        }
    )
    assert cli(project, "build").exit_code == 0
    assert project.rows("select check_name from check_failures") == [("none",)]
    clean = cli(project, "migrate", "verify")
    assert clean.exit_code == 0, clean.stdout

    (project.root / "models/outgoing.sql").unlink()
    left = cli(project, "migrate", "verify")
    assert left.exit_code == 0, left.stdout
    assert "outgoing is left from a model or seed" in left.stderr

    opened = project.open()
    for statement in (
        "create table scratch as select 1 as n",
        "create view things_mine as select thing_id from things",
        "create index ix_mine on things (amount)",
        "create index ix_seen on things_seen (id)",
    ):
        opened.connection.execute(statement)
    opened.close()
    outcome = cli(project, "migrate", "verify")
    assert outcome.exit_code == 1
    assert [line.split(": ", 1) for line in outcome.stdout.splitlines()] == [
        ["index ix_mine on things", "is in the database but in no migration"],
        ["index ix_seen on things_seen", "was made by no build"],
        ["table scratch", "was made by no migration, model or seed, nor by the runner"],
        ["view things_mine", "was made by no migration, model or seed, nor by the runner"],
    ]


def test_where_there_is_no_database_nothing_makes_one(project, cli):
    before = sorted(project.root.rglob("*"))
    for command in (["down"], ["down", "--dry-run"], ["verify"]):
        outcome = cli(project, "migrate", *command)
        assert outcome.exit_code == 3, command
        assert "error[R301]: there is no database at" in outcome.stderr
        assert outcome.stdout == ""
    status = cli(project, "migrate", "status")
    assert status.exit_code == 0
    assert "there is no database at" in status.stderr
    assert status.stdout.split() == ["0001", "pending", "things"]
    assert sorted(project.root.rglob("*")) == before
