"""Each kind of rule: what passes and what fails, and that row rules share one statement."""

from __future__ import annotations

from contextlib import closing

import pytest

from runner.checks.compile import scans
from runner.checks.count import count, counted_apart
from runner.config import load_config
from runner.engines.base import open_memory
from runner.workspace import open_workspace

FILES = {
    "seeds/orders.csv": "id,account,side,filled,quantity\n"
    "1,a,BUY,1,2\n2,a,SELL,2,2\n3,b,,5,4\n3,b,HOLD,,4\n",
    "seeds/fills.csv": "fill_id,id,account\n10,1,a\n11,2,b\n12,,a\n13,9,\n",
    "models/kept.sql": "{{ config(materialized='table') }} select * from {{ ref('orders') }}",
}

KEPT = """
    select * from (values
        (1, 'a', 'BUY', 1, 2), (2, 'a', 'SELL', 2, 2), (3, 'b', null, 5, 4),
        (3, 'b', 'HOLD', null, 4)
    ) as orders (id, account, side, filled, quantity)
"""

# rule in YAML -> failures
RULES = {
    "unique: [id]": 1,
    "unique: [id, side]": 0,
    "unique: [side]": 0,
    "not_null: [side]": 1,
    "not_null: [side, filled]": 2,
    "accepted_values: {column: side, values: [BUY, SELL]}": 1,
    "accepted_values: {column: id, values: [1, 2, 3]}": 0,
    "expression: filled <= quantity": 1,
    "{expression: filled <= quantity, where: account = 'a'}": 0,
    "{expression: 'filled <= quantity -- both', where: 'id > 0 -- all'}": 1,
    "{not_null: [side], where: id < 3}": 0,
    "{unique: [id], where: side is not null}": 0,
    "row_count: {min: 4, max: 4}": 0,
    "row_count: {min: 5}": 1,
    "{row_count: {max: 1}, where: account = 'a'}": 1,
}
RELATIONSHIPS = {
    "relationships: {columns: [id], to: kept, to_columns: [id]}": 1,
    "relationships: {columns: [id, account], to: kept, to_columns: [id, account]}": 1,
    "relationships: {column: account, to: ref('kept'), field: account}": 0,
}


def _suite(table: str, rules: dict[str, int]) -> str:
    lines = [f"checks:\n  - table: {table}\n    rules:"]
    for number, rule in enumerate(rules):
        body = rule[1:-1] if rule.startswith("{") else rule
        lines.append(f"      - {{name: rule_{number}, {body}}}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(("table", "rules"), [("kept", RULES), ("fills", RELATIONSHIPS)])
def test_failures_are_counted(make, cli, table, rules):
    project = make({**FILES, "checks/c.yml": _suite(table, rules)})
    outcome = cli(project, "build")
    assert outcome.exit_code == 1, outcome.stderr
    kept = dict(
        project.rows("select check_name, max(failures) as failures from check_failures "
                     "group by check_name")
    )  # fmt: skip
    expected = {f"rule_{i}": n for i, n in enumerate(rules.values()) if n}
    assert kept == expected


@pytest.mark.parametrize("apart", [False, True])
def test_row_rules_on_one_table_are_one_statement(make, apart):
    project = make({**FILES, "checks/c.yml": _suite("kept", RULES)})
    rules = open_workspace(load_config(project.root)).rules
    counted = scans(rules, {"kept"} if apart else ())
    fused = [s for s in counted if len(s.rules) > 1]
    assert [s.apart for s in fused] == [apart]
    unique = sum(rule.startswith(("unique", "{unique")) for rule in RULES)
    assert len(counted) == 1 + unique
    with closing(open_memory("duckdb")) as engine:
        engine.execute(f"create table kept as {KEPT}")
        failures = {
            r.rule.name: n for s in counted for r, n in zip(s.rules, count(engine, s), strict=True)
        }
    assert failures == {f"rule_{i}": n for i, n in enumerate(RULES.values())}


@pytest.mark.parametrize("apart", [False, True])
def test_each_line_of_a_statement_is_of_a_rule(make, apart):
    project = make({**FILES, "checks/c.yml": _suite("kept", RULES)})
    rules = open_workspace(load_config(project.root)).rules
    (fused,) = (s for s in scans(rules, {"kept"} if apart else ()) if len(s.rules) > 1)
    lines = fused.sql.split("\n")
    for rule in fused.rules:
        wanted = rule.condition if apart and rule.condition else rule.aggregate
        for line in wanted.split("\n"):
            found = [fused.rule_at(n) for n, text in enumerate(lines, 1) if line in text]
            assert rule in found


def test_only_large_tables_are_counted_condition_by_condition(make):
    shown = "{{ config(materialized='view') }} select * from {{ ref('kept') }}"
    suites = {
        "checks/c.yml": _suite("kept", RULES),
        "checks/s.yml": _suite("shown", RULES).replace("rule_", "shown_"),
    }
    project = make({**FILES, "models/shown.sql": shown, **suites})
    rules = open_workspace(load_config(project.root)).rules
    with closing(open_memory("duckdb")) as engine:
        engine.execute(f"create table kept as {KEPT}")
        engine.execute("create view shown as select * from kept")
        assert counted_apart(engine, rules) == frozenset()
        engine.execute("insert into kept select kept.* from kept, range(50000) as more (n)")
        assert counted_apart(engine, rules) == {"kept"}
        (fused,) = (s for s in scans(rules, {"kept"}) if s.apart)
        together = sum(r.aggregate is not None and r.relation == "kept" for r in rules)
        assert len(count(engine, fused)) == together
    with closing(open_memory("sqlite")) as engine:
        assert counted_apart(engine, rules) == frozenset()


def test_sql_rules_and_dbts_own_tests(make, cli):
    project = make(
        {
            **FILES,
            "dbt_project.yml": "name: shop\n",
            "checks/c.yml": "checks:\n  - name: none_over\n    severity: warn\n"
            "    sql: select id from {{ ref('kept') }} where filled > quantity\n",
            "tests/nothing_sold.sql": "select id from {{ ref('kept') }} where side = 'SELL'",
            "tests/generic/at_most.sql": "{% test at_most(model, column_name, top) %}"
            "select * from {{ model }} where {{ column_name }} > {{ top }}{% endtest %}",
            "models/s.yml": "models:\n  - name: kept\n    columns:\n      - name: quantity\n"
            "        data_tests:\n          - at_most: {top: 3}\n",
        }
    )
    outcome = cli(project, "build")
    assert outcome.exit_code == 1, outcome.stderr
    assert dict(
        project.rows(
            "select check_name, max(failures) as n from check_failures group by check_name"
        )
    ) == {"none_over": 1, "nothing_sold": 1, "at_most_kept_quantity": 2}


def test_check_runs_on_what_is_published_and_writes_nothing(make, cli):
    suite = "checks:\n  - table: kept\n    rules:\n      - not_null: [side]\n"
    project = make(FILES)
    cli(project, "build")
    project.write({"checks/c.yml": suite})
    outcome = cli(project, "check")
    assert outcome.exit_code == 1
    assert "not_null_kept_side" in outcome.stderr
    assert project.rows("select check_name from check_failures") == []
    assert cli(project, "check", "--select", "fills").exit_code == 2


def test_what_is_built_on_demand_is_checked_where_it_stands(make, cli):
    model = "{{ config(materialized='table', on_demand=true) }} select 1 as n"
    suite = _suite("asked", {"expression: n > 1": 1}) + _suite("kept", {"row_count: {min: 1}": 0})[
        len("checks:\n") :
    ].replace("rule_0", "rule_1")
    project = make({**FILES, "models/asked.sql": model, "checks/c.yml": suite})
    assert cli(project, "build").exit_code == 0
    outcome = cli(project, "check")
    assert outcome.exit_code == 0, outcome.stderr
    assert "1 passed" in outcome.stderr
    assert "error[R206]" in cli(project, "check", "--select", "asked").stderr
    text = (project.root / "checks/c.yml").read_text().replace("n > 1", "n > 0")
    project.write({"checks/c.yml": text})
    assert cli(project, "build", "--select", "asked").exit_code == 0
    assert "2 passed" in cli(project, "check").stderr


def test_two_checks_of_one_name_are_refused(make, cli):
    twice = "checks:\n  - table: kept\n    rules:\n      - unique: [id]\n      - unique: [id]\n"
    outcome = cli(make({**FILES, "checks/c.yml": twice}), "build")
    assert outcome.exit_code == 2
    assert "two checks are called 'unique_kept_id'" in outcome.stderr


def test_a_verdict_by_a_float_is_refused_in_a_build_and_without_one(make, cli):
    priced = "select 1 as id, cast('1.5' as decimal(38, 12)) as price"
    project = make(
        {
            "models/kept.sql": f"{{{{ config(materialized='table') }}}} {priced}",
            "checks/c.yml": _suite("kept", {"expression: price < 0.6 * 3": 0}),
        }
    )
    settings = project.root / "pyproject.toml"
    settings.write_text(settings.read_text().replace("target =", 'exact_money = "error"\ntarget ='))
    assert cli(project, "build").exit_code == 0
    assert cli(project, "check").exit_code == 0
    project.write({"checks/c.yml": _suite("kept", {"expression: price / 3 < 0.6": 0})})
    for command in ("build", "check"):
        outcome = cli(project, command)
        assert outcome.exit_code == 2
        assert "error[R260]: the check rule_0 would turn" in outcome.stderr
        assert "where: checks/c.yml:4\n" in outcome.stderr
