"""Expectations of a table as a whole."""

from __future__ import annotations

from runner.checks.expectations.arguments import Argument, Takes, outside
from runner.checks.expectations.forms import AggregateTest, Expectation, Given, QueryTest

_COUNT = Argument(Takes.COUNT)


def _between(given: Given) -> AggregateTest:
    bounds = {**given, "strict_min": False, "strict_max": False}
    return AggregateTest("count(*) as observed_value", outside("count(*)", bounds))


EXPECTATIONS = (
    Expectation(
        "expect_table_row_count_to_be_between",
        {"min_value": _COUNT, "max_value": _COUNT},
        _between,
        "How many rows there are.",
    ),
    Expectation(
        "expect_table_row_count_to_equal",
        {"value": Argument(Takes.COUNT, True)},
        lambda given: AggregateTest("count(*) as observed_value", f"count(*) <> {given['value']}"),
        "There are exactly so many rows.",
    ),
    Expectation(
        "expect_table_row_count_to_equal_other_table",
        {"other_table_name": Argument(Takes.TABLE, True)},
        lambda given: QueryTest(
            "select ours.row_count, others.row_count as other_row_count\n"
            "from (select count(*) as row_count from {batch}) as ours\n"
            "cross join "
            f"(select count(*) as row_count from {given['other_table_name']}) as others\n"
            "where ours.row_count <> others.row_count"
        ),
        "There are as many rows as in another table.",
    ),
)
