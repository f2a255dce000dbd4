"""Medians, quantiles and deviations are judged as fractions would be, on both engines."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.checks.expectations import VOCABULARY
from runner.config import Target
from runner.engines.base import Engine, open_engine
from tests.conftest import ENGINES


def of_units(number: int) -> Decimal:
    """A number of 10^-12, however many digits it has."""
    return Decimal(f"{number}e-12")


values = st.lists(
    st.one_of(
        st.integers(-3, 3).map(Decimal),
        st.decimals(-2, 2, allow_nan=False, places=12),
        st.decimals(-(10**22), 10**22, allow_nan=False, places=12),
    ),
    min_size=2,
    max_size=8,
)


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Engine]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    opened = open_engine(Target("t", request.param, folder / "empty"))
    yield opened
    opened.close()


def fails(engine: Engine, name: str, arguments: dict[str, Any], column: list[Decimal]) -> bool:
    rows = ", ".join(f"(cast('{value:f}' as decimal(38, 12)))" for value in column)
    batch = f"(select * from (values {rows}) as given (x))"
    test = VOCABULARY[name].compile({"column": "x", **arguments})
    return bool(list(engine.query(test.sql.replace("{batch}", batch)).rows))


def bounded(bound: Decimal, *, is_least: bool, strict: bool) -> dict[str, Any]:
    least, most = (bound, None) if is_least else (None, bound)
    return {"min_value": least, "max_value": most, "strict_min": strict, "strict_max": strict}


def is_beyond(value: Fraction, bound: Fraction, *, is_least: bool, strict: bool) -> bool:
    if value == bound:
        return strict
    return (value < bound) == is_least


@settings(max_examples=60, deadline=None)
@given(column=values, is_least=st.booleans(), strict=st.booleans(), near=st.integers(-1, 1))
def test_a_deviation(engine, column, is_least, strict, near):
    exact = [Fraction(value) for value in column]
    mean = sum(exact) / len(exact)
    variance = sum((value - mean) ** 2 for value in exact) / (len(exact) - 1)
    # the last bound that is not above it, and those beside it
    bound = of_units(max(math.isqrt(int(variance * 10**24)) + near, 0))
    arguments = bounded(bound, is_least=is_least, strict=strict)
    expected = is_beyond(variance, Fraction(bound) ** 2, is_least=is_least, strict=strict)
    assert fails(engine, "expect_column_stdev_to_be_between", arguments, column) == expected


@settings(max_examples=60, deadline=None)
@given(column=values, is_least=st.booleans(), strict=st.booleans(), near=st.integers(-1, 1))
def test_a_median(engine, column, is_least, strict, near):
    ordered = sorted(column)
    half = len(ordered) // 2
    median = (Fraction(ordered[half]) + Fraction(ordered[-half - 1])) / 2
    bound = of_units(math.floor(median * 10**12) + near)
    arguments = bounded(bound, is_least=is_least, strict=strict)
    expected = is_beyond(median, Fraction(bound), is_least=is_least, strict=strict)
    assert fails(engine, "expect_column_median_to_be_between", arguments, column) == expected


@settings(max_examples=60, deadline=None)
@given(column=values, share=st.decimals(0, 1, places=3), near=st.integers(-1, 1))
def test_a_quantile(engine, column, share, near):
    place = max(math.ceil(Fraction(share) * len(column)), 1)
    quantile = sorted(column)[place - 1]
    bound = of_units(int(Fraction(quantile) * 10**12) + near)
    ranges = {"quantiles": [share], "value_ranges": [[bound, None]]}
    name = "expect_column_quantile_values_to_be_between"
    assert fails(engine, name, {"quantile_ranges": ranges}, column) == (near == 1)
