"""Expectations of how a column's values are spread; of no value there is no figure.

No verdict rests on a binary float: medians and quantiles are values that stand in the column, or
half the sum of two of them; standard deviations are compared squared, as whole numbers.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from runner.checks.expectations.arguments import (
    BOUNDS,
    COLUMN,
    Argument,
    RefusedArguments,
    Takes,
    literal,
    outside,
)
from runner.checks.expectations.forms import Expectation, Given, QueryTest

_DECIMALS = 12  # of what is compared; also those of a part of a number
_BASE = 10**_DECIMALS
_PARTS = 5


def _ordered(column: str) -> str:
    """Each value with its place among them, from 1 on, and their number."""
    return (
        "(\n    select\n        given.value,\n        counted.value_count,\n"
        "        row_number() over (order by given.value) as position\n"
        f"    from (select {column} as value from {{batch}} where {column} is not null) as given\n"
        f"    cross join (select count({column}) as value_count from {{batch}}) as counted\n"
        ") as ordered"
    )


def _median(given: Given) -> QueryTest:
    # of an odd number the one in the middle, of an even number the two: half their sum
    broken = outside("sum(value)", given, times="count(*)")
    return QueryTest(
        "select\n    min(value) as lower_middle,\n    max(value) as upper_middle\n"
        f"from {_ordered(given['column'])}\n"
        "where 2 * position between value_count and value_count + 2\n"
        f"having count(*) = 0 or {broken}"
    )


def _quantiles(given: Given) -> QueryTest:
    """The least value that so large a share of all values does not exceed (percentile_disc)."""
    ranges = given["quantile_ranges"]
    figures: list[str] = []
    broken: list[str] = []
    for share, (lowest, highest) in zip(ranges["quantiles"], ranges["value_ranges"], strict=True):
        name = "quantile_" + literal(share).replace(".", "_")
        place = f"position >= {literal(share)} * value_count"
        place += f" and position - 1 < {literal(share)} * value_count"
        place = "position = 1" if share == 0 else place
        figures.append(f"max(case when {place} then value end) as {name}")
        bounds = {"min_value": lowest, "max_value": highest, "strict_min": 0, "strict_max": 0}
        broken += filter(None, (f"{name} is null", outside(name, bounds)))
    listed = ",\n        ".join(figures)
    return QueryTest(
        f"select *\nfrom (\n    select\n        {listed}\n    from {_ordered(given['column'])}\n"
        f") as quantiles\nwhere {' or '.join(broken)}"
    )


def _stdev(given: Given) -> QueryTest:
    """Of a sample: the sum of squared deviations is divided by one less than the number of values.

    Values are taken at twelve decimals. With n values x of sum s, d = |n * x - s| is exact, and
    the sum of d * d is n * n * (n - 1) times the variance. A square has too many digits for one
    number: d is cut into `high`, `middle` and `low`, of twelve digits each but the first, and the
    sum of squares is kept as five parts.
    """
    column = given["column"]
    value = f"cast({column} as decimal(38, {_DECIMALS}))"
    signs = (("min_value", "strict_min", "<"), ("max_value", "strict_max", ">"))
    broken = [
        _beyond(given[bound], sign, strict=given[strict])
        for bound, strict, sign in signs
        if given[bound] is not None
    ]
    share = Decimal(1) / _BASE
    return QueryTest(f"""\
select
    {_shown()} as observed_value,
    value_count
from (
    select
        max(value_count) as value_count,
        cast(max(value_count) as decimal(38, 0)) as number,
        sum(high * high) as part_4,
        2 * sum(high * middle) as part_3,
        sum(middle * middle) + 2 * sum(high * low) as part_2,
        2 * sum(middle * low) as part_1,
        sum(low * low) as part_0
    from (
        select
            value_count,
            high,
            whole - high * {_BASE} as middle,
            cast((deviation - whole) * {_BASE} as decimal(38, 0)) as low
        from (
            select
                value_count,
                deviation,
                floor(deviation) as whole,
                floor(deviation * {share:f}) as high
            from (
                select
                    counted.value_count,
                    abs(counted.value_count * given.value - counted.value_sum) as deviation
                from (
                    select {value} as value from {{batch}}
                    where {column} is not null
                ) as given
                cross join (
                    select count({column}) as value_count, sum({value}) as value_sum
                    from {{batch}}
                ) as counted
            ) as deviations
        ) as cut
    ) as squared
) as summed
where coalesce(value_count, 0) < 2 or {" or ".join(broken)}""")


def _shown() -> str:
    """The deviation as a float, for people: nothing is decided by it."""
    parts = " + ".join(
        f"cast(part_{k} as double) * 1e{_DECIMALS * (k - 2)}" for k in reversed(range(_PARTS))
    )
    n = "cast(value_count as double)"
    return f"case when value_count > 1 then sqrt(({parts}) / {n} / {n} / ({n} - 1)) end"


def _beyond(bound: Any, sign: str, *, strict: bool) -> str:
    """SQL that is true where the deviation is below (`<`) a bound, above it, or equal if strict."""
    # not Decimal's own product, which keeps 28 digits
    units = Fraction(0) if isinstance(bound, str | bool) else Fraction(bound) * _BASE
    if isinstance(bound, str | bool) or units.denominator != 1:
        raise RefusedArguments(
            f"{bound!r} is no number of up to {_DECIMALS} decimals", "give a number of fewer"
        )
    if units < 0:
        # no deviation is
        return "1 = 0" if sign == "<" else "1 = 1"
    rest = units.numerator**2
    differences = []
    for k in range(_PARTS):
        rest, digits = divmod(rest, _BASE) if k < _PARTS - 1 else (0, rest)
        differences.append(f"part_{k} - {digits} * number * number * (number - 1)")
    # a strict bound is met where the opposite of it, not strict, is not
    reverse = (sign == ">") != strict
    below = _is_negative([f"-({d})" for d in differences] if reverse else differences)
    return f"not {below}" if strict else below


def _is_negative(parts: list[str]) -> str:
    """Whether parts, each worth 10^12 of the one before, come to less than nothing."""
    carried = f"({parts[0]})"
    for part in parts[1:]:
        carried = f"({part} + floor({carried} * {Decimal(1) / _BASE:f}))"
    return f"{carried} < 0"


EXPECTATIONS = (
    Expectation(
        "expect_column_median_to_be_between",
        {**COLUMN, **BOUNDS},
        _median,
        "The value in the middle, or half the sum of the two; a failure shows both.",
    ),
    Expectation(
        "expect_column_quantile_values_to_be_between",
        {**COLUMN, "quantile_ranges": Argument(Takes.QUANTILES, True)},
        _quantiles,
        "For each share, the least value that so many of the values do not exceed.",
    ),
    Expectation(
        "expect_column_stdev_to_be_between",
        {**COLUMN, **BOUNDS},
        _stdev,
        "The standard deviation of a sample, of values and bounds of up to 12 decimals, compared "
        "exactly; a failure shows it as a float.",
    ),
)
