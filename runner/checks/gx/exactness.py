"""Which rules Great Expectations judges by itself just as we do, and with which arguments.

Where it does not, a rule goes to it as SQL: bounds of more digits than a binary float holds,
figures that it makes floats of, patterns (it knows no operator for our dialect), pairs with a null
in them (they pass unseen there), and conditions on rows, which it reads in a language of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from runner.checks.rules import Rule, RuleKind, Threshold
from runner.sqltyping.types import Kind, SqlType

_NUMBERS = {Kind.DECIMAL, Kind.INTEGER, Kind.HUGEINT, Kind.DOUBLE}

Arguments = dict[str, Any]
Given = Mapping[str, Any]


def own_expectation(rule: Rule, columns: Mapping[str, SqlType]) -> tuple[str, Arguments] | None:
    """Great Expectations' name and arguments for the rule; None where only SQL is exact.

    `columns` are those of the rule's table; what a rule calls one may be any SQL.

    >>> from runner.checks.rules import Severity
    >>> from runner.errors import Location
    >>> from runner.sqltyping.types import INTEGER
    >>> from pathlib import Path
    >>> where = Location(Path("checks/a.yml"), 1)
    >>> rule = Rule("r", RuleKind.NOT_NULL, "t", Severity.ERROR, where, ("id",))
    >>> own_expectation(rule, {"id": INTEGER})
    ('expect_column_values_to_not_be_null', {'column': 'id'})
    """
    if rule.filter is not None or (rule.error_if, rule.warn_if) != (Threshold(), Threshold()):
        return None
    found = _named(rule)
    of_schema = found is not None and found[0] in _OF_SCHEMA
    if not of_schema and any(column not in columns for column in rule.columns):
        return None
    if found is not None and found[0] in _OF_NUMBERS:
        # it refuses texts, which the database may take for numbers
        found = found if columns[rule.columns[0]].kind in _NUMBERS else None
    if found is None or rule.mostly is None:
        return found
    name, arguments = found
    return (name, {**arguments, "mostly": float(rule.mostly)}) if survives(rule.mostly) else None


def survives(value: Any) -> bool:
    """Whether a value is the same after it has been a binary float.

    >>> survives(Decimal("0.1")), survives(Decimal("123456789012.123456789012")), survives("BUY")
    (True, False, True)
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return True
    try:
        return Decimal(repr(float(value))) == value
    except OverflowError:
        return False


def _named(rule: Rule) -> tuple[str, Arguments] | None:
    if rule.kind is RuleKind.NOT_NULL and len(rule.columns) == 1:
        return "expect_column_values_to_not_be_null", {"column": rule.columns[0]}
    if rule.kind is RuleKind.ACCEPTED_VALUES:
        given = {"column": rule.columns[0], "value_set": rule.arguments["values"]}
        arguments = _value_set(given)
        return None if arguments is None else ("expect_column_values_to_be_in_set", arguments)
    if rule.kind is RuleKind.ROW_COUNT:
        bounds = {f"{key}_value": value for key, value in rule.arguments.items()}
        return "expect_table_row_count_to_be_between", bounds
    if rule.kind is not RuleKind.EXPECTATION:
        return None
    name = str(rule.arguments["expectation"])
    exact = _EXACT.get(name)
    arguments = None if exact is None else exact(rule.arguments["given"])
    return None if arguments is None else (name, arguments)


def _as_given(given: Given) -> Arguments:
    return {key: value for key, value in given.items() if value is not None}


def _bounds(given: Given) -> Arguments | None:
    """Numbers; dates and texts compare otherwise there."""
    bounds = [given[key] for key in ("min_value", "max_value") if given[key] is not None]
    numbers = all(isinstance(b, int | Decimal) and not isinstance(b, bool) for b in bounds)
    return _numbers(given) if numbers and all(map(survives, bounds)) else None


def _lengths(given: Given) -> Arguments | None:
    """Great Expectations refuses a bound with a fraction."""
    arguments = _bounds(given)
    whole = arguments and all(v == int(v) for k, v in arguments.items() if k.endswith("_value"))
    return arguments if whole else None


def _value_set(given: Given) -> Arguments | None:
    values = given["value_set"]
    # of several kinds of value it makes one
    if len({isinstance(value, str) for value in values}) > 1 or not all(map(survives, values)):
        return None
    return {"column": given["column"], "value_set": [_number(value) for value in values]}


def _pair(given: Given) -> Arguments | None:
    return _as_given(given) if given["ignore_row_if"] == "either_value_is_missing" else None


def _pair_set(given: Given) -> Arguments | None:
    pairs = given["value_pairs_set"]
    if _pair(given) is None or not all(survives(value) for pair in pairs for value in pair):
        return None
    return {**given, "value_pairs_set": [tuple(map(_number, pair)) for pair in pairs]}


def _several(given: Given) -> Arguments | None:
    return _as_given(given) if len(given["column_list"]) > 1 else None


def _sum(given: Given) -> Arguments | None:
    if given["ignore_row_if"] != "any_value_is_missing" or not survives(given["sum_total"]):
        return None
    several = _several(given)
    return None if several is None else _numbers(several)


def _row_count(given: Given) -> Arguments | None:
    return _as_given(given) or None


def _numbers(given: Given) -> Arguments:
    return {key: _number(value) for key, value in _as_given(given).items()}


def _number(value: Any) -> Any:
    """JSON has no decimals; those that come here are the same as floats."""
    return float(value) if isinstance(value, Decimal) else value


_OF_NUMBERS = {"expect_column_values_to_be_between"}
# which ask whether there is such a column
_OF_SCHEMA = {
    "expect_column_to_exist",
    "expect_table_columns_to_match_set",
    "expect_table_columns_to_match_ordered_list",
}
_EXACT: Mapping[str, Callable[[Given], Arguments | None]] = {
    "expect_column_values_to_not_be_null": _as_given,
    "expect_column_values_to_be_null": _as_given,
    "expect_column_values_to_be_between": _bounds,
    "expect_column_values_to_be_in_set": _value_set,
    "expect_column_values_to_not_be_in_set": _value_set,
    "expect_column_value_lengths_to_be_between": _lengths,
    "expect_column_value_lengths_to_equal": _as_given,
    "expect_column_values_to_be_unique": _as_given,
    "expect_compound_columns_to_be_unique": _several,
    "expect_column_pair_values_a_to_be_greater_than_b": _pair,
    "expect_column_pair_values_to_be_equal": _as_given,
    "expect_column_pair_values_to_be_in_set": _pair_set,
    "expect_select_column_values_to_be_unique_within_record": _several,
    "expect_multicolumn_sum_to_equal": _sum,
    "expect_column_unique_value_count_to_be_between": _bounds,
    "expect_table_row_count_to_be_between": _row_count,
    "expect_table_row_count_to_equal": _as_given,
    "expect_table_column_count_to_be_between": _row_count,
    "expect_table_column_count_to_equal": _as_given,
    **dict.fromkeys(_OF_SCHEMA, _as_given),
}
