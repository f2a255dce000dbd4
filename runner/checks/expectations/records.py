"""Expectations of several columns of the same row."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from runner.checks.expectations.arguments import Argument, Arguments, Takes, literal
from runner.checks.expectations.forms import Expectation, Given, RowTest

_PAIR: Arguments = {
    "column_A": Argument(Takes.COLUMN, True),
    "column_B": Argument(Takes.COLUMN, True),
    "ignore_row_if": Argument(
        Takes.CHOICE,
        default="both_values_are_missing",
        choices=("both_values_are_missing", "either_value_is_missing", "neither"),
    ),
}
_LIST: Arguments = {
    "column_list": Argument(Takes.COLUMNS, True),
    "ignore_row_if": Argument(
        Takes.CHOICE,
        default="all_values_are_missing",
        choices=("all_values_are_missing", "any_value_is_missing", "never"),
    ),
}


def considered(columns: Sequence[str], ignored: str) -> str:
    """SQL that is true of the rows that GX's `ignore_row_if` leaves in; empty for all."""
    present = [f"{column} is not null" for column in columns]
    if ignored in ("both_values_are_missing", "all_values_are_missing"):
        return " or ".join(present)
    if ignored in ("either_value_is_missing", "any_value_is_missing"):
        return " and ".join(present)
    return ""


def _pair(given: Given) -> tuple[str, str, str]:
    a, b = given["column_A"], given["column_B"]
    return a, b, considered((a, b), given["ignore_row_if"])


def _greater(given: Given) -> RowTest:
    a, b, tested = _pair(given)
    holds = f"{a} >= {b}" if given["or_equal"] else f"{a} > {b}"
    return RowTest(f"coalesce(not ({holds}), true)", tested)


def _equal(given: Given) -> RowTest:
    a, b, tested = _pair(given)
    return RowTest(f"coalesce({a} <> {b}, true)", tested)


def _in_set(given: Given) -> RowTest:
    a, b, tested = _pair(given)
    pairs = " or ".join(
        f"({a} = {literal(x)} and {b} = {literal(y)})" for x, y in given["value_pairs_set"]
    )
    return RowTest(f"coalesce(not ({pairs}), true)", tested)


def _distinct_within(given: Given) -> RowTest:
    columns = given["column_list"]
    # two nulls are the same value here, as they are to Great Expectations
    same = " or ".join(f"{a} is not distinct from {b}" for a, b in combinations(columns, 2))
    return RowTest(same or "1 = 0", considered(columns, given["ignore_row_if"]))


def _sum(given: Given) -> RowTest:
    columns = given["column_list"]
    return RowTest(
        f"coalesce({' + '.join(columns)} <> {literal(given['sum_total'])}, true)",
        considered(columns, given["ignore_row_if"]),
    )


EXPECTATIONS = (
    Expectation(
        "expect_column_pair_values_a_to_be_greater_than_b",
        {**_PAIR, "or_equal": Argument(Takes.FLAG, default=False)},
        _greater,
        "Column A is above column B, or equal to it with or_equal.",
        takes_mostly=True,
    ),
    Expectation(
        "expect_column_pair_values_to_be_equal",
        _PAIR,
        _equal,
        "Two columns hold the same value.",
        takes_mostly=True,
    ),
    Expectation(
        "expect_column_pair_values_to_be_in_set",
        {**_PAIR, "value_pairs_set": Argument(Takes.PAIRS, True)},
        _in_set,
        "Two columns together hold one of a list of pairs.",
        takes_mostly=True,
    ),
    Expectation(
        "expect_select_column_values_to_be_unique_within_record",
        _LIST,
        _distinct_within,
        "No two of the columns hold the same value in one row; two nulls are the same.",
        takes_mostly=True,
    ),
    Expectation(
        "expect_multicolumn_sum_to_equal",
        {**_LIST, "sum_total": Argument(Takes.NUMBER, True)},
        _sum,
        "The columns of each row add up to a number.",
        takes_mostly=True,
    ),
)
