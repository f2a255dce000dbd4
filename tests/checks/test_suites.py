"""Files of checks/ that are written wrongly are refused, each with the line that is at fault."""

from __future__ import annotations

import pytest

from runner.checks.suites import load_suite
from runner.errors import ProjectError

TABLE = "checks:\n  - table: trades\n    rules:\n"

# (suite, line, what is said)
WRONG = [
    ("", 1, "'checks' is missing"),
    ("# nothing yet\n", 1, "'checks' is missing"),
    ("suite: a\nchecks: []\n", 2, "there is nothing in 'checks'"),
    ("checks: {table: trades}\n", 1, "not a list"),
    ("checks:\n  - table: trades\n", 2, "'rules' is missing"),
    (TABLE, 3, "there is nothing in 'rules'"),
    ("checks:\n  - rules: [{not_null: id}]\n    table:\n", 3, "the table is None"),
    (f"{TABLE}      - not_null: id\n      - not_nul: id\n", 5, "did you mean 'not_null'?"),
    (f"{TABLE}      - not_null: id\n        tags: {{a: b}}\n", 4, "a list of words"),
    (f"{TABLE}      - not_null: id\n        owner: [a, b]\n", 4, "owner is ['a', 'b']"),
    (f"{TABLE}      - not_null: id\n        row_condition: 5\n", 4, "row_condition is 5, not SQL"),
    (f"{TABLE}      - not_null: id\n        where: ''\n", 4, "where is '', not a text"),
    (f"{TABLE}      - accepted_values: {{column: a, values: xyz}}\n", 4, "'xyz' for a list"),
    (f"{TABLE}      - accepted_values: {{column: a, values: [x, null]}}\n", 4, "null is none"),
    (f"{TABLE}      - accepted_values: {{column: [a, b], values: [x]}}\n", 4, "about 2 columns"),
    (f"{TABLE}      - row_count: {{min: 2, max: 1}}\n", 4, "min is above its max"),
    # an argument stands on a line of its own
    (
        f"{TABLE}      - expect_column_values_to_be_between:\n          column: a\n"
        "          max_valu: 2\n",
        6,
        "did you mean 'max_value'?",
    ),
    (
        f"{TABLE}      - expect_column_values_to_be_between:\n          column: a\n"
        "          max_value: [2]\n",
        6,
        "give a number, a text or a date",
    ),
    # without a bound nothing could fail
    (f"{TABLE}      - expect_column_values_to_be_between: a\n", 4, "needs arguments"),
    (
        f"{TABLE}      - expect_column_values_to_be_between: {{column: a, strict_min: true}}\n",
        4,
        "give min_value or max_value",
    ),
    (f"{TABLE}      - expect_table_row_count_to_be_between: {{}}\n", 4, "give min_value or"),
    (f"{TABLE}      - expect_change_since_last_build_to_be_between: {{}}\n", 4, "give min_change"),
    (
        f"{TABLE}      - expect_sums_to_reconcile: {{column: a, other_table: b, tolerance: -1}}\n",
        4,
        "give a number, not below zero",
    ),
]


@pytest.mark.parametrize(("suite", "line", "said"), WRONG)
def test_it_is_refused_with_its_line(tmp_path, suite, line, said):
    path = tmp_path / "wrong.yml"
    path.write_text(suite)
    with pytest.raises(ProjectError) as refused:
        load_suite(path)
    error = refused.value
    assert (error.code, error.where.line) == ("R230", line)
    assert said in f"{error.what}; {error.mend}"


def test_options_are_texts_and_lists_of_them(tmp_path):
    path = tmp_path / "right.yml"
    path.write_text(
        f"{TABLE}      - {{not_null: id, name: 7, tags: nightly, where: ' id > 5 '}}\n"
        "      - {expect_table_row_count_to_equal: 0, tags: [nightly, desk]}\n"
    )
    one, other = load_suite(path)
    assert (one.name, one.tags, one.filter) == ("7", ("nightly",), "id > 5")
    assert (other.tags, other.arguments["given"]) == (("nightly", "desk"), {"value": 0})
