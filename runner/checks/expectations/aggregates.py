"""Expectations of one figure that all values of a column come to; of no value there is none.

Means and shares are compared without a division, so that the judgement is exact.
"""

from __future__ import annotations

from runner.checks.expectations.arguments import (
    BOUNDS,
    COLUMN,
    Argument,
    Arguments,
    Takes,
    listed,
    literal,
    outside,
)
from runner.checks.expectations.forms import AggregateTest, Expectation, Given, QueryTest

_SET: Arguments = {**COLUMN, "value_set": Argument(Takes.VALUES, True)}


def _figure(name: str, value: str, description: str) -> Expectation:
    """`value` is an aggregate of `{column}`; where it is null, the expectation is not met."""

    def compile_(given: Given) -> AggregateTest:
        figure = value.format(column=given["column"])
        broken = f"{figure} is null or {outside(figure, given)}"
        return AggregateTest(f"{figure} as observed_value", broken)

    return Expectation(name, {**COLUMN, **BOUNDS}, compile_, description)


def _share(name: str, part: tuple[str, str], whole: tuple[str, str], said: str) -> Expectation:
    """Likewise of part / whole, each bound multiplied by the whole instead.

    Both are SQL and the name that they are shown by.
    """

    def compile_(given: Given) -> AggregateTest:
        above, below = (sql.format(column=given["column"]) for sql, _ in (part, whole))
        return AggregateTest(
            f"{above} as {part[1]}, {below} as {whole[1]}",
            f"{below} = 0 or {outside(above, given, times=below)}",
        )

    return Expectation(name, {**COLUMN, **BOUNDS}, compile_, said)


def _strangers(given: Given, shown: str = "{value}") -> str:
    column = given["column"]
    return (
        f"select distinct {shown.format(value=column)} as value, 'not in the set' as reason\n"
        f"from {{batch}}\n"
        f"where {column} is not null and {column} not in ({listed(given['value_set'])})"
    )


def _absent(given: Given, shown: str = "{value}") -> str:
    return "\nunion all\n".join(
        f"select {shown.format(value=literal(value))} as value, 'absent' as reason\n"
        f"from (select count(case when {given['column']} = {literal(value)} then 1 end) "
        "as row_count from {batch}) as found\nwhere found.row_count = 0"
        for value in given["value_set"]
    )


def _equal_set(given: Given) -> QueryTest:
    parts = (of(given, "cast({value} as varchar)") for of in (_strangers, _absent))
    return QueryTest("\nunion all\n".join(parts))


EXPECTATIONS = (
    _figure("expect_column_max_to_be_between", "max({column})", "The largest value."),
    _figure("expect_column_min_to_be_between", "min({column})", "The smallest value."),
    _figure("expect_column_sum_to_be_between", "sum({column})", "The sum of the values."),
    _figure(
        "expect_column_unique_value_count_to_be_between",
        "count(distinct {column})",
        "How many different values there are.",
    ),
    _share(
        "expect_column_mean_to_be_between",
        ("sum({column})", "value_sum"),
        ("count({column})", "value_count"),
        "The mean of the values; a failure shows their sum and their number.",
    ),
    _share(
        "expect_column_proportion_of_unique_values_to_be_between",
        ("count(distinct {column})", "distinct_count"),
        ("count({column})", "value_count"),
        "How many of the values are different ones, as a share.",
    ),
    _share(
        "expect_column_proportion_of_non_null_values_to_be_between",
        ("count({column})", "value_count"),
        ("count(*)", "row_count"),
        "How many rows have a value, as a share.",
    ),
    Expectation(
        "expect_column_distinct_values_to_be_in_set",
        _SET,
        lambda given: QueryTest(_strangers(given)),
        "Each different value is one of a list; each that is not is one failure.",
    ),
    Expectation(
        "expect_column_distinct_values_to_contain_set",
        _SET,
        lambda given: QueryTest(_absent(given)),
        "Each of a list of values stands somewhere; each that does not is one failure.",
    ),
    Expectation(
        "expect_column_distinct_values_to_equal_set",
        _SET,
        _equal_set,
        "The different values are those of a list, and all of them.",
    ),
)
