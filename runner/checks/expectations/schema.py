"""Expectations of a table's columns, which no row is read for. Names are compared as written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runner.checks.expectations.arguments import (
    COLUMN,
    Argument,
    RefusedArguments,
    Takes,
    require_in_order,
)
from runner.checks.expectations.forms import Expectation, Given, SchemaTest
from runner.engines.base import Column
from runner.sqltyping.types import UNKNOWN, Kind, SqlType, parse_type

Found = Mapping[str, Any] | None


def _exists(given: Given) -> SchemaTest:
    name, index = given["column"], given["column_index"]

    def judge(columns: Sequence[Column]) -> Found:
        names = [column.name for column in columns]
        if name not in names:
            return {"column_name": name, "reason": "is missing"}
        if index is not None and names.index(name) != index:
            return {"column_name": name, "reason": f"has index {names.index(name)}"}
        return None

    return SchemaTest(judge)


def _set(given: Given) -> SchemaTest:
    wanted = given["column_set"]

    def judge(columns: Sequence[Column]) -> Found:
        names = [column.name for column in columns]
        missing = [name for name in wanted if name not in names]
        others = [name for name in names if name not in wanted] if given["exact_match"] else []
        if not missing and not others:
            return None
        return {"missing_columns": ", ".join(missing), "unexpected_columns": ", ".join(others)}

    return SchemaTest(judge)


def _ordered(given: Given) -> SchemaTest:
    def judge(columns: Sequence[Column]) -> Found:
        names = [column.name for column in columns]
        return None if names == given["column_list"] else {"column_list": ", ".join(names)}

    return SchemaTest(judge)


def _count(given: Given) -> SchemaTest:
    require_in_order(given)
    least, most = given["min_value"], given["max_value"]

    def judge(columns: Sequence[Column]) -> Found:
        count = len(columns)
        is_within = (least is None or count >= least) and (most is None or count <= most)
        return None if is_within else {"column_count": count}

    return SchemaTest(judge)


def _of_type(given: Given) -> SchemaTest:
    wanted = given["type_list"] if "type_list" in given else [given["type_"]]
    types = [(text, parse_type(text)) for text in wanted]
    for text, type_ in types:
        if type_ == UNKNOWN:
            raise RefusedArguments(
                f"'{text}' is no type", "write it as a contract does: decimal(38,12), varchar"
            )

    def judge(columns: Sequence[Column]) -> Found:
        found = next((column.type for column in columns if column.name == given["column"]), None)
        if found is not None and any(_is(found, text, type_) for text, type_ in types):
            return None
        return {"column_name": given["column"], "type": "is missing" if found is None else found}

    return SchemaTest(judge)


def _is(found: SqlType, text: str, wanted: SqlType) -> bool:
    """A decimal of no said precision is any."""
    if wanted.kind is Kind.DECIMAL and "(" not in text:
        return found.kind is Kind.DECIMAL
    return found == wanted


_COUNT = Argument(Takes.COUNT)
_TYPE = {**COLUMN, "type_": Argument(Takes.TEXT, True)}
EXPECTATIONS = (
    Expectation(
        "expect_column_to_exist",
        {**COLUMN, "column_index": _COUNT},
        _exists,
        "The table has a column; where its index is given, counted from 0, at that place.",
    ),
    Expectation(
        "expect_table_columns_to_match_set",
        {
            "column_set": Argument(Takes.COLUMNS, True),
            "exact_match": Argument(Takes.FLAG, default=True),
        },
        _set,
        "The table has these columns, in any order; unless `exact_match` is false, no others.",
    ),
    Expectation(
        "expect_table_columns_to_match_ordered_list",
        {"column_list": Argument(Takes.COLUMNS, True)},
        _ordered,
        "The table has these columns in this order, and no others.",
    ),
    Expectation(
        "expect_table_column_count_to_equal",
        {"value": Argument(Takes.COUNT, True)},
        lambda given: _count({"min_value": given["value"], "max_value": given["value"]}),
        "The table has exactly so many columns.",
    ),
    Expectation(
        "expect_table_column_count_to_be_between",
        {"min_value": _COUNT, "max_value": _COUNT},
        _count,
        "How many columns the table has.",
    ),
    Expectation(
        "expect_column_values_to_be_of_type",
        _TYPE,
        _of_type,
        "The column has a type, as contracts write it; `decimal` alone is one of any precision.",
    ),
    Expectation(
        "expect_column_type_to_be", _TYPE, _of_type, "The same as `…_values_to_be_of_type`."
    ),
    Expectation(
        "expect_column_values_to_be_in_type_list",
        {**COLUMN, "type_list": Argument(Takes.TEXTS, True)},
        _of_type,
        "The column has one of these types.",
    ),
)
