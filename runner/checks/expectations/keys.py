"""Expectations that rows are told apart by their columns."""

from __future__ import annotations

from runner.checks.expectations.arguments import COLUMN, Argument, Takes
from runner.checks.expectations.forms import Expectation, Given, KeyTest
from runner.checks.expectations.records import considered


def _compound(given: Given) -> KeyTest:
    columns = tuple(given["column_list"])
    return KeyTest(columns, considered(columns, given["ignore_row_if"]))


EXPECTATIONS = (
    Expectation(
        "expect_column_values_to_be_unique",
        COLUMN,
        lambda given: KeyTest((given["column"],), f"{given['column']} is not null"),
        "No value stands twice; each row of one that does fails.",
        takes_mostly=True,
    ),
    Expectation(
        "expect_compound_columns_to_be_unique",
        {
            "column_list": Argument(Takes.COLUMNS, True),
            "ignore_row_if": Argument(
                Takes.CHOICE,
                default="all_values_are_missing",
                choices=("all_values_are_missing", "any_value_is_missing", "never"),
            ),
        },
        _compound,
        "No combination of values stands twice; each row of one that does fails.",
        takes_mostly=True,
    ),
)
