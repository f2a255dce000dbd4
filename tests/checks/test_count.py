"""A rule that the database cannot run is an error of its own, which names that rule."""

from __future__ import annotations

import pytest

SUITE = """
checks:
  - table: orders
    rules:
      - not_null: id
      - {{name: other, expression: "id > 0 -- of
          every order"}}
      - {{name: broken, {rule}}}
      - {{name: last, not_null: price}}
"""
FILES = {
    "seeds/given.csv": "id,price\n1,five\n2,six\n",
    "models/orders.sql": "{{ config(materialized='table') }} select * from {{ ref('given') }}",
}


RULES = [
    "expression: pric > 0",  # near columns of other rules
    "expression: price + id > 0",
    "not_null: price, where: idd > 1",
    "expect_column_sum_to_be_between: {column: price, max_value: 1}",
    "expect_column_values_to_match_regex: {column: price, regex: '['}",
]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("command", ["build", "check"])
def test_it_is_named_with_its_line(make, cli, rule, command):
    project = make(FILES)
    assert cli(project, "build").exit_code == 0
    project.write({"checks/c.yml": SUITE.format(rule=rule)})
    outcome = cli(project, command)
    assert outcome.exit_code == 3
    assert "error[R311]" in outcome.stderr
    if (command, project.engine) == ("build", "duckdb") and "regex" in rule:
        # the transaction is spent, and DuckDB does not say where
        assert "one of 4 checks on orders could not run" in outcome.stderr
        return
    assert "the check broken could not run" in outcome.stderr
    assert "where: checks/c.yml:7\n" in outcome.stderr
