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


def _like(column: str, patterns: list[str], joined: str) -> str:
    return f" {joined} ".join(f"{column} like {literal(pattern)}" for pattern in patterns)


def _regex(column: str, patterns: list[str], joined: str) -> str:
    return f" {joined} ".join(
        f"regexp_matches({column}, {literal(pattern)})" for pattern in patterns
    )


def _between(column: str, given: Given) -> str:
    return outside(column, given) or "1 = 0"


def _length_between(column: str, given: Given) -> str:
    return outside(f"length({column})", given) or "1 = 0"


_VALUE_SET: Arguments = {"value_set": Argument(Takes.VALUES, True)}
_LIKE: Arguments = {"like_pattern": Argument(Takes.TEXT, True)}
_LIKES: Arguments = {
    "like_pattern_list": Argument(Takes.TEXTS, True),
    "match_on": Argument(Takes.CHOICE, default="any", choices=("any", "all")),
}
_REGEX: Arguments = {"regex": Argument(Takes.TEXT, True)}
_REGEXES: Arguments = {
    "regex_list": Argument(Takes.TEXTS, True),
    "match_on": Argument(Takes.CHOICE, default="any", choices=("any", "all")),
}


def _joined(given: Given) -> str:
    return "or" if given["match_on"] == "any" else "and"


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
        _between,
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
        _length_between,
        "Each text has a length between two bounds, in characters.",
    ),
    _map(
        "expect_column_value_lengths_to_equal",
        {"value": Argument(Takes.COUNT, True)},
        lambda column, given: f"length({column}) <> {given['value']}",
        "Each text has exactly this length, in characters.",
    ),
    _map(
        "expect_column_values_to_match_like_pattern",
        _LIKE,
        lambda column, given: f"not ({_like(column, [given['like_pattern']], 'or')})",
        "Each text matches a LIKE pattern.",
    ),
    _map(
        "expect_column_values_to_not_match_like_pattern",
        _LIKE,
        lambda column, given: _like(column, [given["like_pattern"]], "or"),
        "No text matches a LIKE pattern.",
    ),
    _map(
        "expect_column_values_to_match_like_pattern_list",
        _LIKES,
        lambda column, given: f"not ({_like(column, given['like_pattern_list'], _joined(given))})",
        "Each text matches any, or all, of several LIKE patterns.",
    ),
    _map(
        "expect_column_values_to_not_match_like_pattern_list",
        {"like_pattern_list": Argument(Takes.TEXTS, True)},
        lambda column, given: _like(column, given["like_pattern_list"], "or"),
        "No text matches any of several LIKE patterns.",
    ),
    _map(
        "expect_column_values_to_match_regex",
        _REGEX,
        lambda column, given: f"not {_regex(column, [given['regex']], 'or')}",
        "Each text has a part that matches a regular expression.",
    ),
    _map(
        "expect_column_values_to_not_match_regex",
        _REGEX,
        lambda column, given: _regex(column, [given["regex"]], "or"),
        "No text has a part that matches a regular expression.",
    ),
    _map(
        "expect_column_values_to_match_regex_list",
        _REGEXES,
        lambda column, given: f"not ({_regex(column, given['regex_list'], _joined(given))})",
        "Each text matches any, or all, of several regular expressions.",
    ),
    _map(
        "expect_column_values_to_not_match_regex_list",
        {"regex_list": Argument(Takes.TEXTS, True)},
        lambda column, given: _regex(column, given["regex_list"], "or"),
        "No text matches any of several regular expressions.",
    ),
)
