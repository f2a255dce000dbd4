"""Great Expectations and our own engine judge alike: each rule, on good, on bad and on no data."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from runner.checks.expectations import LEFT_OUT, VOCABULARY
from runner.checks.gx import exactness
from runner.checks.gx.run import run_checks as run_with_gx
from runner.checks.results import CheckResult
from runner.checks.run import run_checks
from runner.config import load_config
from runner.engines.base import open_engine
from runner.workspace import open_workspace
from tests.checks.test_expectations import FILES, LARGE, RULES
from tests.checks.test_ledger_suites import FAULTS

pytestmark = pytest.mark.either_engine

_ROWS = [
    ("(2, 'a', 'KRK', 'PARTIAL', 2.50, 2.50,", "(2, 'a', 'BIN', null, null, null,"),
    ("(5, 'b', 'BIN', 'FILLED'", "(5, 'b', 'KRK', 'KRK'"),
    ("(6, null, 'XXX', null, 123", "(5, null, null, 'ABCDE', 123"),
]


def _mutated() -> str:
    sql = FILES["models/trades.sql"]
    for row, other in _ROWS:
        assert row in sql
        sql = sql.replace(row, other)
    return sql


TABLES = {
    **FILES,
    # has no table of its own
    "models/inlined.sql": "{{ config(materialized='ephemeral') }} "
    "select * from {{ ref('trades') }}",
    "models/mutated.sql": _mutated(),
    "models/mutated.yml": """
        models:
          - name: mutated
            columns:
              - name: price
                data_tests:
                  - not_null: {name: few, config: {warn_if: ">1", error_if: ">5"}}
                  - not_null: {name: no_more_than_two, config: {error_if: ">2", warn_if: ">2"}}
    """,
}
# what RULES leave out: short kinds, rows let pass, conditions, and text that is awkward in SQL
MORE = [
    "unique: venue",
    "unique: [account, venue]",
    "not_null: price",
    "not_null: [price, account]",
    "accepted_values: {column: status, values: [NEW, KRK]}",
    "relationships: {column: venue, to: venues}",
    "{relationships: {column: venue, to: venues}, mostly: 0.8}",
    "expect_foreign_key_to_exist: {column_list: [venue], other_table: venues, mostly: 0.9}",
    "expect_column_values_to_be_gap_free: {column: id, start: 1, mostly: 0.7}",
    "expression: price > 2 or other_price > 2",
    "{expression: \"venue <> ':a' and regexp_matches(venue, '^[A-Z]{3}$') and price > 1.26\"}",
    "row_count: {min: 1, max: 5}",
    "row_count: {min: 6}",
    "{expression: price > 2 -- and a remark, mostly: 0.5}",
    "{expression: price > 2, mostly: 0.9}",
    "{expression: price > 2, severity: warn, where: id < 5}",
    "expect_column_values_to_be_in_set: {column: venue, value_set: [KRK], mostly: 0.4}",
    "expect_column_values_to_be_in_set: {column: venue, value_set: [KRK], mostly: 0.75}",
    "expect_column_values_to_be_in_set: {column: id, value_set: [1, 2.0, 5]}",
    "expect_column_values_to_be_in_set: {column: venue, value_set: [KRK], row_condition: id < 5}",
    "expect_column_values_to_match_regex: {column: venue, regex: K, mostly: 0.4}",
    "expect_column_values_to_match_regex: {column: venue, regex: K, mostly: 0.9}",
    "expect_column_values_to_be_unique: {column: venue, mostly: 0.2}",
    "expect_column_values_to_be_unique: {column: venue, mostly: 0.9}",
    "expect_column_values_to_be_between: {column: price, min_value: 0.000000000001}",
    "expect_column_values_to_be_between: {column: price, max_value: 10000000000000000}",
    "expect_column_pair_values_to_be_in_set: {column_A: account, column_B: venue, "
    "value_pairs_set: [[a, KRK]], ignore_row_if: either_value_is_missing, mostly: 0.3}",
    "expect_compound_columns_to_be_unique: {column_list: [account, venue], mostly: 0.9}",
    "expect_compound_columns_to_be_unique: {column_list: [account, status], ignore_row_if: never}",
    "expect_select_column_values_to_be_unique_within_record: "
    "{column_list: [account, venue, status]}",
    "expect_multicolumn_sum_to_equal: {column_list: [price, other_price], sum_total: 5}",
]


def _suite() -> str:
    lines = ["checks:"]
    for table in ("trades", "mutated", "nothing"):
        lines += [f"  - table: {table}", "    rules:"]
        given = [f"{{{name}: {arguments}}}" for name, arguments, _ in RULES] + MORE
        for number, rule in enumerate(given):
            body = rule[1:-1] if rule.startswith("{") else rule
            lines.append(f"      - {{name: {table}_{number}, {body}}}")
    lines += ["  - table: inlined", "    rules:"]
    lines += ["      - {name: not_null_of_inlined, not_null: price}"]
    lines += ["      - {name: rows_of_inlined, row_count: {min: 6}}"]
    lines += ["      - {name: unique_of_inlined, expect_column_values_to_be_unique: venue}"]
    lines += ["      - {name: columns_of_inlined, expect_table_column_count_to_equal: 6}"]
    lines += ["  - name: alone", "    sql: select * from {{ ref('trades') }} where id > 4"]
    return "\n".join(lines) + "\n"


def _both(project: Any, limit: int = 5) -> tuple[dict[str, CheckResult], dict[str, CheckResult]]:
    """What our own engine finds, and what Great Expectations does, by the rule's name."""
    workspace = open_workspace(load_config(project.root))
    engine = open_engine(workspace.target, read_only=True)
    relations = engine.relations()
    on_demand = {
        m.unique_id
        for m in workspace.models.values()
        if m.config.get("on_demand") and m.name not in relations
    }
    rules = [rule for rule in workspace.rules if not on_demand & set(rule.reads)]
    try:
        ours = run_checks(engine, rules, limit)
        theirs = run_with_gx(engine, rules, limit)
    finally:
        engine.close()
    assert len(theirs) == len(rules)
    return {r.rule.name: r for r in ours}, {r.rule.name: r for r in theirs}


def _said(results: dict[str, CheckResult]) -> dict[str, Any]:
    return {
        name: (result.status.value, result.failures, result.considered, _rows(result))
        for name, result in results.items()
    }


def _rows(result: CheckResult) -> tuple[tuple[str, ...], list[str]] | None:
    """The failing rows in an order of their own: either shows them as they come."""
    return result.rows and (result.rows.columns, sorted(map(repr, result.rows.rows)))


def _by_gx_alone(rule: Any, columns: Any) -> tuple[str, dict[str, Any]]:
    """Its own expectation for a rule, exact or not."""
    return str(rule.arguments["expectation"]), exactness._numbers(rule.arguments["given"])


def test_both_judge_alike(make, cli):
    project = make(TABLES)
    outcome = cli(project, "build")
    assert outcome.exit_code == 0, outcome.stderr
    project.write({"checks/c.yml": _suite()})
    ours, theirs = _both(project)
    assert _said(theirs) == _said(ours)
    # on data that tells: with verdicts of every kind, by its own expectations and by our SQL
    assert {result.status.value for result in ours.values()} == {"pass", "warn", "fail"}
    assert ours["few"].status.value == "warn" and ours["no_more_than_two"].failures == 2


def test_each_of_its_expectations_is_taken_over_or_left_out():
    found = find_spec("great_expectations")  # an import warns
    assert found is not None and found.origin is not None
    folder = Path(found.origin).parent / "expectations" / "core"
    names = {path.stem for path in folder.glob("*expect*.py")}
    ours = {name for name, expectation in VOCABULARY.items() if expectation.is_ours}
    assert names - ours == (set(VOCABULARY) - ours) | LEFT_OUT


@pytest.mark.parametrize(
    "engine_name", ["duckdb", pytest.param("sqlite", marks=pytest.mark.nightly)]
)
def test_both_judge_the_ledger_alike(demo_copy):
    ours, theirs = _both(demo_copy)
    assert len(ours) > 300
    assert _said(theirs) == _said(ours)


@pytest.mark.parametrize(
    "engine_name", [pytest.param("duckdb", marks=pytest.mark.nightly), "sqlite"]
)
def test_both_judge_a_damaged_ledger_alike(demo_copy):
    """With every fault of tests.checks.test_ledger_suites in it at once."""
    project = demo_copy
    engine = project.open()
    if project.engine == "sqlite":
        engine.connection.execute("pragma foreign_keys = off")
    for _, sql in FAULTS:
        (table,) = re.findall(r"^(?:update|delete from|insert into) (\w+)", sql)
        engine.lift_guard(table)
        engine.execute(sql)
    engine.close()
    ours, theirs = _both(project)
    # of many failing rows either shows the first it comes upon
    assert {n: s[:3] for n, s in _said(theirs).items()} == {
        n: s[:3] for n, s in _said(ours).items()
    }
    assert sum(result.status.value == "fail" for result in ours.values()) > 40


# (table, rule, failures, failures by Great Expectations' own expectation)
DIFFERENCES = [
    # bounds and figures are binary floats there
    (
        "trades",
        f"expect_column_values_to_be_between: {{column: price, max_value: {LARGE[:-1]}1}}",
        (1, 0),
    ),
    (
        "trades",
        f"expect_column_max_to_be_between: {{column: price, max_value: {LARGE[:-1]}1}}",
        (1, 0),
    ),
    # a comparison with a null is neither met nor failed
    (
        "trades",
        "expect_column_pair_values_a_to_be_greater_than_b: "
        "{column_A: price, column_B: other_price, or_equal: true}",
        (3, 0),
    ),
    (
        "trades",
        "expect_multicolumn_sum_to_equal: {column_list: [price, other_price], sum_total: 5}",
        (4, 1),
    ),
    # strangers are counted, what is absent is not; of no rows the set is as it should be
    (
        "trades",
        "expect_column_distinct_values_to_equal_set: {column: venue, value_set: [KRK, ZZZ]}",
        (3, 2),
    ),
    (
        "nothing",
        "expect_column_distinct_values_to_equal_set: {column: venue, value_set: [KRK, ZZZ]}",
        (2, 0),
    ),
]


def test_where_great_expectations_alone_says_otherwise(make, cli, monkeypatch):
    """The differences that docs/checks.md tells of: these rules go to it as SQL."""
    project = make(FILES)
    assert cli(project, "build").exit_code == 0
    lines = ["checks:"]
    for number, (table, rule, _) in enumerate(DIFFERENCES):
        lines += [f"  - table: {table}", "    rules:", f"      - {{name: rule_{number}, {rule}}}"]
    project.write({"checks/c.yml": "\n".join(lines)})
    monkeypatch.setattr(exactness, "own_expectation", _by_gx_alone)
    ours, theirs = _both(project)
    names = [f"rule_{number}" for number in range(len(DIFFERENCES))]
    assert [(ours[n].failures, theirs[n].failures) for n in names] == [d[2] for d in DIFFERENCES]
