"""A derived table changed by hand: the database refuses it, or the next build notices and mends."""

from __future__ import annotations

from contextlib import closing

import pytest

FILES = {
    "seeds/raw.csv": "id,amount,status\n1,10.50,placed\n2,20.25,shipped\n",
    "models/kept.sql": "select id, amount, status from {{ ref('raw') }} where amount > 0",
    "models/totals.sql": """
        {{ config(materialized='table') }}
        select status, sum(amount) as total from {{ ref('kept') }} group by status
    """,
    "models/top.sql": """
        {{ config(materialized='table') }}
        select max(total) as largest from {{ ref('totals') }}
    """,
    "models/grown.sql": """
        {{ config(materialized='incremental', unique_key='id') }}
        select id, amount from {{ ref('raw') }}
    """,
    "checks/c.yml": """
        checks:
          - table: totals
            rules:
              - {name: not_over_fifty, expression: total < 50}
    """,
}
PUBLISHED = {
    "raw": [(1, "10.50", "placed"), (2, "20.25", "shipped")],
    "kept": [(1, "10.50", "placed"), (2, "20.25", "shipped")],
    "totals": [("placed", "10.50"), ("shipped", "20.25")],
    "top": [("20.25",)],
    "grown": [(1, "10.50"), (2, "20.25")],
}

# statements the database refuses
REFUSED = {
    "both": [
        "insert into totals values ('forged', '99.00')",
        "update totals set status = 'forged'",
        "delete from totals where status = 'placed'",
        "update raw set amount = '99.00'",
        "delete from grown",
        "insert into raw select * from raw",
        "alter table totals drop column total",
        "update runner_nodes set fingerprint = 'forged'",
        "update runner_checks set status = 'pass'",
    ],
    "duckdb": [
        "truncate totals",
        "merge into totals using (select 'placed' as status) as s "
        "on totals.status = s.status when matched then delete",
        "alter table totals alter total type decimal(38, 2) using total + 1",
        "alter table totals rename to totals_before",
    ],
    "sqlite": [
        "replace into totals (rowid, status, total) values (1, 'x', '9.00')",
        "insert into totals (rowid, status, total) values (1, 'x', '9.00') "
        "on conflict do update set total = '9.00'",
    ],
}
_UPDATE_TRIGGER = {
    "duckdb": "create trigger totals_derived_update after update on totals for each statement "
    "insert into runner_guard select 'nothing'",
    "sqlite": "create trigger totals_derived_update before update on totals when 0 "
    "begin select raise(abort, 'nothing');end",
}
# statements it runs, what they touch, and the reason the next plan gives; {on} is DuckDB's
NOTICED = [
    ("drop table totals", "totals", "gone"),
    (
        "create table t as select * from totals; drop table totals; "
        "create table totals as select * from t; drop table t",
        "totals",
        "definition",
    ),
    ("drop table totals; create view totals as select 1 as n", "totals", "replaced"),
    ("drop view kept; create view kept as select id, 99 as amount from raw", "kept", "definition"),
    ("alter table totals add column note text default 'forged'", "totals", "definition"),
    (
        "alter table raw rename column id to x; alter table raw rename column status to id; "
        "alter table raw rename column x to status",
        "raw",
        "definition",
    ),
    (
        "drop trigger totals_derived_update{on}; update totals set total = '9.00'",
        "totals",
        "guard",
    ),
    (
        "drop trigger totals_derived_update{on}; update totals set total = '9.00'; {trigger}",
        "totals",
        "guard",
    ),
    (
        "drop trigger runner_nodes_derived_update{on_nodes}; update runner_nodes set row_count = 1",
        "totals",
        "no guarded record",
    ),
]


def _published(project) -> dict[str, list[tuple[object, ...]]]:
    found = {}
    for name, rows in PUBLISHED.items():
        width = range(1, len(rows[0]) + 1)
        sql = f"select * from {name} order by {', '.join(map(str, width))}"
        found[name] = [
            tuple(v if isinstance(v, int) else str(v) for v in row) for row in project.rows(sql)
        ]
    return found


def _tamper(project, sql: str) -> str | None:
    """Run statements as another program would; what the database said, where it refused one."""
    with closing(project.open()) as opened:
        for statement in sql.split("; "):
            try:
                opened.connection.execute(statement)
            except Exception as error:
                return str(error)
    return None


@pytest.fixture
def project(make, cli):
    made = make(FILES)
    outcome = cli(made, "build")
    assert outcome.exit_code == 0, outcome.stderr
    assert _published(made) == PUBLISHED
    return made


def test_the_database_refuses_to_change_a_derived_table(project, cli):
    for sql in REFUSED["both"] + REFUSED[project.engine]:
        said = _tamper(project, sql)
        assert said is not None, f"{sql} was not refused"
        if not sql.startswith(("alter", "merge")):
            assert "is derived: it is written by `runner build` alone" in said
    assert _published(project) == PUBLISHED
    assert "0 built, 5 unchanged" in cli(project, "build").stderr


def _reasons(cli, project) -> dict[str, tuple[str, str]]:
    plan = cli(project, "build", "--dry-run").stdout.splitlines()
    steps = [line.split(maxsplit=3) for line in plan if not line.startswith("checks:")]
    return {name: (action, reason) for action, _, name, reason in steps}


def _on(project, table: str) -> str:
    return f" on {table}" if project.engine == "duckdb" else ""


def test_what_the_database_lets_through_the_next_build_notices_and_mends(project, cli):
    for sql, table, reason in NOTICED:
        refused = _tamper(
            project,
            sql.format(
                on=_on(project, "totals"),
                on_nodes=_on(project, "runner_nodes"),
                trigger=_UPDATE_TRIGGER[project.engine],
            ),
        )
        assert refused is None, refused
        action, said = _reasons(cli, project)[table]
        assert action == "build", sql
        assert reason in said, sql
        outcome = cli(project, "build")
        assert outcome.exit_code == 0, outcome.stderr
        assert _published(project) == PUBLISHED, sql
    assert {action for action, _ in _reasons(cli, project).values()} == {"skip"}


def test_what_was_built_on_a_changed_table_is_built_again(project, cli):
    lifted = f"drop trigger totals_derived_update{_on(project, 'totals')}"
    assert _tamper(project, f"{lifted}; update totals set total = '49.00'") is None
    assert cli(project, "build", "--select", "top").exit_code == 0
    assert [str(v) for (v,) in project.rows("select largest from top")] == ["49.00"]
    assert _reasons(cli, project)["top"] == ("build", "what it stands on has changed")
    assert cli(project, "build").exit_code == 0
    assert _published(project) == PUBLISHED


def test_the_guard_does_not_stand_in_the_builds_own_way(project, cli):
    more = FILES["seeds/raw.csv"] + "3,1.00,placed\n"
    project.write({"seeds/raw.csv": more, "models/kept.sql": "{{ config(materialized='table') }}"
                   + FILES["models/kept.sql"]})  # fmt: skip
    assert cli(project, "build").exit_code == 0
    assert len(project.rows("select id from grown")) == 3  # extended, its guard lifted
    project.write({"models/totals.sql": FILES["models/totals.sql"].replace("'table'", "'view'")})
    assert cli(project, "build", "--full-refresh").exit_code == 0
    assert cli(project, "check").exit_code == 0
    with closing(project.open(read_only=True)) as opened:
        assert opened.guarded_derived() >= {"raw", "kept", "grown", "top"}
        assert "totals" not in opened.guarded_derived()
        assert not opened.guarded_facts()


def test_a_build_that_publishes_nothing_leaves_every_guard(project, cli):
    with closing(project.open(read_only=True)) as opened:
        before = opened.guarded_derived()
    project.write({"seeds/raw.csv": FILES["seeds/raw.csv"] + "3,99.00,placed\n"})
    assert cli(project, "build").exit_code == 1
    with closing(project.open(read_only=True)) as opened:
        assert opened.guarded_derived() == before | {"check_failures"}
    assert _published(project) == PUBLISHED
    assert _tamper(project, "delete from check_failures") is not None
