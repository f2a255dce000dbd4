"""Expectations that look at the clock, or back at the last build that was published."""

from __future__ import annotations

from datetime import timedelta

from runner.checks.expectations.arguments import COLUMN, Argument, Takes, literal
from runner.checks.expectations.forms import AggregateTest, Expectation, Given, QueryTest
from runner.moments import utc_now

_LONGEST = 1_000_000_000  # minutes: what a date can be counted back by


def _fresh(given: Given) -> AggregateTest:
    latest = f"max({given['column']})"
    # written out, so that the SQL of a failure shows it whenever it is run again
    now = utc_now().replace(microsecond=0)
    oldest = now - timedelta(minutes=min(given["max_age_minutes"], _LONGEST))
    broken = f"{latest} is null or {latest} < timestamp '{oldest}'"
    return AggregateTest(f"{latest} as observed_value", broken)


def _changed(given: Given) -> QueryTest:
    """By how much an aggregate differs from what it was when the check last let a build pass."""
    change = "present.amount - past.amount"
    broken = [
        f"{change} {sign} {bound}"
        for sign, bound in (
            ("<", _times(given["min_change"])),
            (">", _times(given["max_change"])),
            ("<", _times(given["min_ratio"], "abs(past.amount)")),
            (">", _times(given["max_ratio"], "abs(past.amount)")),
        )
        if bound
    ]
    observed = f"select cast({given['aggregate']} as decimal(38, 12)) as amount from {{batch}}"
    return QueryTest(
        "select\n    present.amount as observed_value,\n    past.amount as value_before,\n"
        f"    {change} as change\nfrom ({observed}) as present\ncross join (\n"
        "    select cast(observed as decimal(38, 12)) as amount\n    from check_history\n"
        "    where check_name = {check} and is_published and observed is not null\n"
        "    order by recorded_at desc\n    limit 1\n) as past\n"
        f"where {' or '.join(broken)}",
        observed,
    )


def _times(bound: object, factor: str = "") -> str:
    if bound is None:
        return ""
    return f"{literal(bound)} * {factor}" if factor else literal(bound)


EXPECTATIONS = (
    Expectation(
        "expect_column_values_to_be_recent",
        {**COLUMN, "max_age_minutes": Argument(Takes.COUNT, True)},
        _fresh,
        "The latest moment in a column is not older than so many minutes, by the clock (UTC).",
        is_ours=True,
    ),
    Expectation(
        "expect_change_since_last_build_to_be_between",
        {
            "aggregate": Argument(Takes.SQL, default="count(*)"),
            "min_change": Argument(Takes.NUMBER),
            "max_change": Argument(Takes.NUMBER),
            "min_ratio": Argument(Takes.NUMBER),
            "max_ratio": Argument(Takes.NUMBER),
        },
        _changed,
        "An aggregate has changed since the last published build by no more than so much, or than "
        "so large a share of what it was; without such a build it passes.",
        is_ours=True,
    ),
)
