"""Expectations of each value of one column; a null is passed over, and not counted as tested."""

from __future__ import annotations

from collections.abc import Callable

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
from runner.checks.expectations.forms import Expectation, Given, RowTest


def _map(
    name: str, more: Arguments, failing: Callable[[str, Given], str], description: str
) -> Expectation:
    def compile_(given: Given) -> RowTest:
        column = given["column"]
        return RowTest(failing(column, given), f"{column} is not null")

    return Expectation(name, {**COLUMN, **more}, compile_, description, takes_mostly=True)


_VALUE_SET: Arguments = {"value_set": Argument(Takes.VALUES, True)}
_MATCH_ON: Arguments = {
    "match_on": Argument(Takes.CHOICE, default="any", choices=("any", "all")),
}


def _matching(kind: str, test: str, one: str, several: str) -> tuple[Expectation, ...]:
    """The four expectations of a kind of pattern; `test` is true of a text that matches."""
    few = f"{kind}_list"

    def matches(column: str, patterns: list[str], joined: str = "or") -> str:
        tests = (test.format(column=column, pattern=literal(pattern)) for pattern in patterns)
        return f"({f' {joined} '.join(tests)})"

    def unlike_list(column: str, given: Given) -> str:
        joined = "or" if given["match_on"] == "any" else "and"
        return f"not {matches(column, given[few], joined)}"

    name = "expect_column_values_to_{}match_{}".format
    one_pattern: Arguments = {kind: Argument(Takes.TEXT, True)}
    patterns: Arguments = {few: Argument(Takes.TEXTS, True)}
    return (
        _map(
            name("", kind),
            one_pattern,
            lambda column, given: f"not {matches(column, [given[kind]])}",
            f"Each text {one}.",
        ),
        _map(
            name("not_", kind),
            one_pattern,
            lambda column, given: matches(column, [given[kind]]),
            f"No text {one}.",
        ),
        _map(
            name("", few),
            {**patterns, **_MATCH_ON},
            unlike_list,
            f"Each text matches any, or all, of several {several}.",
        ),
        _map(
            name("not_", few),
            patterns,
            lambda column, given: matches(column, given[few]),
            f"No text matches any of several {several}.",
        ),
    )


EXPECTATIONS = (
    Expectation(
        "expect_column_values_to_not_be_null",
        COLUMN,
        lambda given: RowTest(f"{given['column']} is null"),
        "No value is null.",
        takes_mostly=True,
    ),
    Expectation(
        "expect_column_values_to_be_null",
        COLUMN,
        lambda given: RowTest(f"{given['column']} is not null"),
        "Every value is null.",
        takes_mostly=True,
    ),
    _map(
        "expect_column_values_to_be_between",
        BOUNDS,
        outside,
        "Each value lies between two bounds; either may be left out.",
    ),
    _map(
        "expect_column_values_to_be_in_set",
        _VALUE_SET,
        lambda column, given: f"{column} not in ({listed(given['value_set'])})",
        "Each value is one of a list.",
    ),
    _map(
        "expect_column_values_to_not_be_in_set",
        _VALUE_SET,
        lambda column, given: f"{column} in ({listed(given['value_set'])})",
        "No value is one of a list.",
    ),
    _map(
        "expect_column_value_lengths_to_be_between",
        BOUNDS,
        lambda column, given: outside(f"length({column})", given),
        "Each text has a length between two bounds, in characters.",
    ),
    _map(
        "expect_column_value_lengths_to_equal",
        {"value": Argument(Takes.COUNT, True)},
        lambda column, given: f"length({column}) <> {given['value']}",
        "Each text has exactly this length, in characters.",
    ),
    *_matching(
        "like_pattern", "{column} like {pattern}", "matches a LIKE pattern", "LIKE patterns"
    ),
    *_matching(
        "regex",
        "regexp_matches({column}, {pattern})",
        "has a part that matches a regular expression",
        "regular expressions",
    ),
)
