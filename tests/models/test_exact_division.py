"""The division macros against Python's decimal: every digit, sign and edge of 128 bits."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, localcontext
from typing import TypeVar

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.engines.sqlite_decimals import (
    decimal_product,
    decimal_prorate,
    decimal_short_product,
)
from tests.models.harness import renderer
from tests.oracle import STEP, WIDE, divide, prorate

RENDER = renderer()
CONNECTION = duckdb.connect(config={"threads": "1"})
CONVERTIBLE = 5 * 10**13
# planning a statement takes as long for one row as for many: so an example is many rows
examples = settings(deadline=None, max_examples=12)
few = settings(examples, max_examples=6)
Row = TypeVar("Row")
UNITS_PRORATE = "from_units(prorate_units(units('a'), units('b'), units('c'), divisor(units('c'))))"
LARGEST = WIDE.subtract(Decimal(10) ** 26, STEP)


def money(limit: str) -> st.SearchStrategy[Decimal]:
    """Signed numbers of 12 decimals up to `limit`, of every magnitude, zero and ties among them."""
    high = int(Decimal(limit).scaleb(12, context=WIDE))
    return st.one_of(
        st.integers(-high, high),
        st.integers(-(10**7), 10**7).map(lambda n: n * 5 * 10**11),
        st.integers(0, len(str(high)) - 1).flatmap(lambda e: st.integers(-(10**e), 10**e)),
    ).map(lambda n: Decimal(n).scaleb(-12, context=WIDE))


def many(row: st.SearchStrategy[Row]) -> st.SearchStrategy[list[Row]]:
    return st.lists(row, min_size=30, max_size=80)


def run(expression: str, rows: Iterable[tuple[Decimal, ...]]) -> list[Decimal | None]:
    """`expression` over columns a, b, c of `rows`."""
    typed = ", ".join(
        "(" + ", ".join(f"cast('{x:f}' as decimal(38, 12))" for x in row) + f", {n})"
        for n, row in enumerate(rows)
    )
    width = len(next(iter(rows)))
    names = ", ".join("abc"[:width])
    sql = RENDER(f"select {{{{ {expression} }}}} from (values {typed}) as t({names}, n) order by n")
    return [row[0] for row in CONNECTION.execute(sql).fetchall()]


@examples
@given(many(st.tuples(money("99999999999999"), money("99999999999999"))))
def test_divide_rounds_half_away_from_zero(rows: list[tuple[Decimal, Decimal]]) -> None:
    expected = [divide(a, b) for a, b in rows]
    fitting = [(row, e) for row, e in zip(rows, expected, strict=True) if fits(e)]
    if fitting:
        assert run("divide('a', 'b')", [r for r, _ in fitting]) == [e for _, e in fitting]


@examples
@given(many(st.tuples(money(str(LARGEST)), money("99999999999999999999"))))
def test_divide_holds_for_any_dividend(rows: list[tuple[Decimal, Decimal]]) -> None:
    rows = [(a, b) for a, b in rows if fits(divide(a, b))]
    if rows:
        assert run("divide('a', 'b')", rows) == [divide(a, b) for a, b in rows]


@examples
@given(many(st.tuples(money("99999999999"), money("99999999999"), money("99999999999"))))
def test_prorate_rounds_half_away_from_zero(rows: list[tuple[Decimal, Decimal, Decimal]]) -> None:
    rows = [row for row in rows if prorates(row)]
    if rows:
        assert run("prorate('a', 'b', 'c')", rows) == [prorate(*row) for row in rows]


@examples
@given(many(st.tuples(money(str(LARGEST)), money("9999999999999999"), money("9999999999999999"))))
def test_prorate_holds_where_products_leave_128_bits(
    rows: list[tuple[Decimal, Decimal, Decimal]],
) -> None:
    rows = [row for row in rows if prorates(row)]
    if rows:
        assert run("prorate('a', 'b', 'c')", rows) == [prorate(*row) for row in rows]


@examples
@given(many(st.tuples(money("49999999999999"), money("9999999999999"), money("9999999999999"))))
def test_products_round_once(rows: list[tuple[Decimal, Decimal, Decimal]]) -> None:
    """On both engines, for all that macro convert lets through."""
    rows = [(a, max(abs(b), abs(c)), min(abs(b), abs(c))) for a, b, c in rows]
    with localcontext(WIDE):
        products = [
            (row, (row[0] * row[1] * row[2]).quantize(STEP))
            for row in rows
            if max(abs(row[0] * row[1] * row[2]), row[1] * row[2]) < CONVERTIBLE
        ]
        quotients = [
            (row, (row[0] / (row[1] * row[2])).quantize(STEP))
            for row in rows
            if row[2] and abs(row[0]) < row[1] * row[2] * CONVERTIBLE
        ]
    if products:
        expected = [e for _, e in products]
        assert run("product('a', 'b', 'c')", [row for row, _ in products]) == expected
        assert [Decimal(decimal_product(*texts(row)) or "") for row, _ in products] == expected
    if quotients:
        expected = [e for _, e in quotients]
        assert run("divide_by_product('a', 'b', 'c')", [row for row, _ in quotients]) == expected


def short(digits: int, decimals: int) -> st.SearchStrategy[Decimal]:
    """Numbers as they are traded: up to 10^`digits`, of up to so many decimals."""
    return st.integers(0, decimals).flatmap(
        lambda places: st.integers(0, 10 ** (digits + places)).map(
            lambda n: Decimal(n).scaleb(-places, context=WIDE)
        )
    )


# numbers that 64 bits hold, about as large as those may be, and any other
SIZES = st.one_of(short(7, 9), short(3, 8), short(6, 12), money("99999999999"))
SIGNED = st.one_of(SIZES, SIZES.map(Decimal.copy_negate))


@few
@given(many(st.tuples(SIGNED, SIZES, SIZES)))
def test_units_prorate_by_a_divisor(rows: list[tuple[Decimal, Decimal, Decimal]]) -> None:
    rows = [(a, min(abs(b), abs(c)), max(abs(b), abs(c))) for a, b, c in rows]
    rows = [row for row in rows if prorates(row)]
    if rows:
        assert run(UNITS_PRORATE, rows) == [prorate(*row) for row in rows]


@few
@given(many(st.tuples(SIGNED, SIZES)))
def test_units_divide_by_a_divisor(pairs: list[tuple[Decimal, Decimal]]) -> None:
    pairs = [pair for pair in pairs if fits(divide(*pair))]
    if pairs:
        macro = "from_units(divide_units(units('a'), units('b'), divisor(units('b'))))"
        assert run(macro, pairs) == [divide(*pair) for pair in pairs]


@few
@given(many(st.tuples(SIGNED, SIZES)))
def test_basis_points_by_a_divisor(pairs: list[tuple[Decimal, Decimal]]) -> None:
    pairs = [(a, abs(b)) for a, b in pairs]
    expected = [divide(a * 10000, b) for a, b in pairs]
    fitting = [(pair, e) for pair, e in zip(pairs, expected, strict=True) if fits(e)]
    if fitting:
        macro = "basis_points(units('a'), units('b'), divisor(units('b')))"
        assert run(macro, [pair for pair, _ in fitting]) == [e for _, e in fitting]


@few
@given(many(st.tuples(SIGNED, SIZES)))
def test_products_of_two_round_once(pairs: list[tuple[Decimal, Decimal]]) -> None:
    with localcontext(WIDE):
        pairs = [(a, b) for a, b in pairs if abs(a * b) < CONVERTIBLE]
        expected = [(a * b).quantize(STEP) for a, b in pairs]
    if pairs:
        assert run("multiply('a', 'b')", pairs) == expected


@pytest.mark.parametrize(
    ("amount", "part", "whole"),
    [
        # what the steps of a long division may reach, and one more
        ("999999.999999999999", "22999.99999999", "22999.99999999"),
        ("999999.999999999999", "22999.99999998", "22999.99999999"),
        ("-9223371.999999999999", "22999.99999998", "22999.99999999"),
        ("-999999.999999999999", "22999.99999999", "23000"),
        ("999999.999999999999", "999999.99999998", "999999.99999999"),
        ("0.000000000001", "0.00000001", "0.00000002"),
        ("-0.000000000001", "0.00000001", "0.00000002"),
        ("0.000000000001", "0.000000000001", "0.000000000002"),
    ],
)
def test_divisors_at_their_limits(amount: str, part: str, whole: str) -> None:
    row = (Decimal(amount), Decimal(part), Decimal(whole))
    assert run(UNITS_PRORATE, [row]) == [prorate(*row)]
    macro = "from_units(divide_units(units('a'), units('c'), divisor(units('c'))))"
    assert run(macro, [row]) == [divide(row[0], row[2])]


@few
@given(many(st.tuples(SIGNED, SIZES)))
def test_products_in_two_parts_lose_nothing(pairs: list[tuple[Decimal, Decimal]]) -> None:
    with localcontext(WIDE):
        pairs = [(a, b) for a, b in pairs if abs(a * b) < CONVERTIBLE]
        exact = [a * b for a, b in pairs]
        nearest = [product.quantize(STEP) for product in exact]
        rests = [product - near for product, near in zip(exact, nearest, strict=True)]
        short = [n if rest == 0 else None for n, rest in zip(nearest, rests, strict=True)]
    if pairs:
        parts = "('a', 'b', short_product('a', 'b'))"
        assert run(f"rounded_product{parts}", pairs) == nearest
        assert run(f"product_rest{parts}", pairs) == rests
        found = run("short_product('a', 'b')", pairs)
        assert all(f in (None, s) for f, s in zip(found, short, strict=True))
        on_sqlite = [decimal_short_product(*texts(pair)) for pair in pairs]
        assert [text and Decimal(text) for text in on_sqlite] == short


@pytest.mark.parametrize(
    ("contracts", "price"),
    [
        ("2000000000", "100000.123456789012"),
        ("-9999999999999", "9999999999999.999999999999"),
        ("1000000.0001", "123456789.12345678"),
        ("1234567890.12345678", "1000000.9999"),
    ],
)
def test_short_products_are_of_any_size(contracts: str, price: str) -> None:
    pair = (Decimal(contracts), Decimal(price))
    with localcontext(WIDE):
        expected = pair[0] * pair[1]
    assert run("short_product('a', 'b')", [pair]) == [expected]
    assert Decimal(decimal_short_product(contracts, price) or "") == expected


@pytest.mark.parametrize(
    ("value", "rest", "total"),
    [
        ("1", "-0.0000000000005", "1"),
        ("-1", "0.0000000000005", "-1"),
        ("-1", "-0.0000000000005", "-1.000000000001"),
        ("1", "0.000000000000499999999999", "1"),
        ("99999999999999999999.999999999999", "0.0000000000005", "100000000000000000000"),
        ("99999999999999999999.999999999999", "0", "99999999999999999999.999999999999"),
    ],
)
def test_sums_of_parts_are_rounded_once(value: str, rest: str, total: str) -> None:
    sql = RENDER(
        "select {{ rounded_sum('value', 'rest') }} from (select "
        f"cast('{value}' as decimal(38, 12)) as value, cast('{rest}' as decimal(38, 24)) as rest)"
    )
    assert CONNECTION.execute(sql).fetchall() == [(Decimal(total),)]


def texts(row: Iterable[Decimal]) -> list[str]:
    return [f"{x:f}" for x in row]


def fits(value: Decimal | None) -> bool:
    return value is None or value.copy_abs() <= LARGEST


def prorates(row: tuple[Decimal, Decimal, Decimal]) -> bool:
    return fits(prorate(*row))


@pytest.mark.parametrize(
    "row",
    [
        # a cost, a part and a whole of a random history, whose product has 40 digits and more
        ("25938459766217.534262683660", "40215492.761600", "61928107.503100"),
        ("-25938459766217.534262683660", "40215492.761600123457", "61928107.503100000001"),
        # halves, next to halves, and steps of long division that leave nothing or nearly all
        ("9999999999999.000000000001", "4500000000000", "9000000000000"),
        ("9999999999999.000000000001", "4499999999999.999999999999", "9000000000000"),
        ("-9999999999999.000000000001", "-4500000000000.000000000001", "9000000000000"),
        ("9999999999998.999999999999", "8999999999999.999999999999", "9999999999999"),
        ("9000000000000", "9999999999999999.999999999999", "9999999999999999.999999999999"),
        ("99999999999999999999999999.999999999999", "0.000000000001", "9999999999999999"),
    ],
)
@pytest.mark.parametrize("macro", ["prorate('a', 'b', 'c')", UNITS_PRORATE])
def test_prorate_by_long_division(macro: str, row: tuple[str, str, str]) -> None:
    amount, part, whole = (Decimal(x) for x in row)
    expected = prorate(amount, part, whole)
    assert run(macro, [(amount, part, whole)]) == [expected]
    assert Decimal(decimal_prorate(*texts((amount, part, whole))) or "") == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("1", "3", "0.333333333333"),
        ("2", "3", "0.666666666667"),
        ("-2", "3", "-0.666666666667"),
        ("0.000000000001", "2", "0.000000000001"),
        ("-0.000000000001", "2", "-0.000000000001"),
        ("0.000000000001", "-2", "-0.000000000001"),
        ("0.000000000001", "3", "0"),
        ("7", "0", None),
        ("0", "0", None),
    ],
)
def test_divide_by_example(a: str, b: str, expected: str | None) -> None:
    [found] = run("divide('a', 'b')", [(Decimal(a), Decimal(b))])
    assert found == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    ("expression", "row"),
    [
        ("divide('a', 'b')", (LARGEST, STEP)),
        ("divide('a', 'b')", (Decimal(10) ** 25, LARGEST)),
        ("prorate('a', 'b', 'c')", (LARGEST, LARGEST, Decimal(1))),
        ("prorate('a', 'b', 'c')", (LARGEST, LARGEST, STEP)),
    ],
)
def test_what_leaves_38_digits_raises(expression: str, row: tuple[Decimal, ...]) -> None:
    with pytest.raises(duckdb.Error):
        run(expression, [row])


def test_null_in_null_out() -> None:
    sql = RENDER(
        "select {{ divide('a', 'b') }}, {{ prorate('a', 'b', 'a') }}, {{ average('b', 'a') }} "
        "from (select cast(null as decimal(38, 12)) as a, cast(1 as decimal(38, 12)) as b) as t"
    )
    assert CONNECTION.execute(sql).fetchall() == [(None, None, None)]


@few
@given(many(st.tuples(money("999999999999999"), money("99999999"), money("9"))))
def test_a_harmonic_average_is_rounded_once(rows: list[tuple[Decimal, Decimal, Decimal]]) -> None:
    """By all 24 decimals of the value where there is room for them, else by 12."""

    def expected(weight: Decimal, b: Decimal, c: Decimal) -> Decimal | None:
        with localcontext(WIDE):
            value = b * c
            if abs(value) >= 10**8 or abs(weight) >= 10**14:
                value = value.quantize(STEP)
            return divide(weight, value)

    rows = [r for r in rows if abs(WIDE.multiply(r[1], r[2])) < 10**14 and fits(expected(*r))]
    if rows:
        found = run("harmonic_average('a', '(b * c)')", rows)
        assert found == [expected(*row) for row in rows]


def test_average_of_one_price_is_that_price() -> None:
    """The quotient of a 24-decimal sum is not rounded twice, however small the quantity."""
    sql = RENDER(
        "select {{ average('sum(q * p)', 'sum(q)') }} from (values "
        "(cast('0.000000000007' as decimal(38, 12)), cast('60000.123456789012' as decimal(38, 12)))"
        ") as t(q, p)"
    )
    assert CONNECTION.execute(sql).fetchall() == [(Decimal("60000.123456789012"),)]
