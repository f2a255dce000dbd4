"""DuckDB's rules for the type of an operation, decimals' precision and scale above all.

Two marks ride on a SqlType inside inference and never leave it (`plain` takes them off): an
INTEGER may carry its width as a number of decimal digits in `precision`, because the precision
of `decimal * integer` depends on it, and a TEXT of precision 0 is a string literal, which DuckDB
lets become any type. Each rule was read off `describe` on DuckDB 2.0; tests/sqltyping does it
again.
"""

from __future__ import annotations

from functools import reduce

from runner.sqltyping.types import (
    DATE,
    DOUBLE,
    HUGEINT,
    INTEGER,
    NULL,
    TEXT,
    TIMESTAMP,
    UNKNOWN,
    Kind,
    SqlType,
    decimal,
)

MAX_PRECISION = 38
BIGINT_DIGITS = 19
INT_DIGITS = 10
INT64_PRECISION = 18  # widest decimal that DuckDB keeps in 64 bits

STRING_LITERAL = SqlType(Kind.TEXT, 0)
BIGINT = SqlType(Kind.INTEGER, BIGINT_DIGITS)
INT = SqlType(Kind.INTEGER, INT_DIGITS)

_NUMERIC = {Kind.INTEGER, Kind.HUGEINT, Kind.DECIMAL, Kind.DOUBLE}
_WHOLE = {Kind.INTEGER, Kind.HUGEINT}


def plain(type_: SqlType) -> SqlType:
    """The type as the rest of the program knows it: without inference's own marks."""
    if type_.kind is Kind.INTEGER:
        return INTEGER
    return TEXT if type_.kind is Kind.TEXT else type_


def is_numeric(type_: SqlType) -> bool:
    return type_.kind in _NUMERIC


def is_whole(type_: SqlType) -> bool:
    return type_.kind in _WHOLE


def is_decimal(type_: SqlType) -> bool:
    return type_.kind is Kind.DECIMAL


def digits_of(type_: SqlType) -> int:
    """Decimal digits a whole number of this type may have; a column's width is taken as 64 bits."""
    if type_.kind is Kind.HUGEINT:
        return MAX_PRECISION
    return type_.precision or BIGINT_DIGITS


def _shape(type_: SqlType) -> tuple[int, int]:
    """(precision, scale) of an exact number."""
    if type_.kind is Kind.DECIMAL:
        assert type_.precision is not None and type_.scale is not None
        return type_.precision, type_.scale
    return digits_of(type_), 0


def _wider_whole(left: SqlType, right: SqlType) -> SqlType:
    if Kind.HUGEINT in (left.kind, right.kind):
        return HUGEINT
    return SqlType(Kind.INTEGER, max(digits_of(left), digits_of(right)))


def compare_type(left: SqlType, right: SqlType) -> SqlType | None:
    """The type both sides of a comparison are cast to; None where DuckDB has none.

    Decimals keep the larger scale even where integer digits then no longer fit: such a value
    raises when it is cast.
    """
    if is_decimal(left) != is_decimal(right) or (is_decimal(left) and is_decimal(right)):
        exact = _WHOLE | {Kind.DECIMAL}
        if left.kind in exact and right.kind in exact:
            (p1, s1), (p2, s2) = _shape(left), _shape(right)
            scale = max(s1, s2)
            return decimal(min(MAX_PRECISION, max(p1 - s1, p2 - s2) + scale), scale)
    return unify(left, right)


def unify(left: SqlType, right: SqlType) -> SqlType | None:
    """The type of CASE, COALESCE, GREATEST, VALUES or UNION over both; None where there is none.

    Of two decimals the integer digits are kept and the scale gives way: `decimal(38,12)` with
    `decimal(38,24)` is `decimal(38,12)`.
    """
    if left == right:
        return left
    if Kind.UNKNOWN in (left.kind, right.kind):
        return UNKNOWN
    for unset in (NULL, STRING_LITERAL):
        if unset in (left, right):
            return right if left == unset else left
    if is_numeric(left) and is_numeric(right):
        return _unify_numbers(left, right)
    if {left.kind, right.kind} == {Kind.DATE, Kind.TIMESTAMP}:
        return TIMESTAMP
    return left if left.kind is right.kind else None


def _unify_numbers(left: SqlType, right: SqlType) -> SqlType:
    if Kind.DOUBLE in (left.kind, right.kind):
        return DOUBLE
    if is_whole(left) and is_whole(right):
        return _wider_whole(left, right)
    (p1, s1), (p2, s2) = _shape(left), _shape(right)
    scale = max(s1, s2)
    whole = max(p1 - s1, p2 - s2)
    if is_decimal(left) and is_decimal(right):
        scale = min(scale, MAX_PRECISION - whole)
    return decimal(min(MAX_PRECISION, whole + scale), scale)


def unify_all(types: list[SqlType]) -> SqlType | None:
    """`unify` over a list; NULL for an empty one."""
    return reduce(lambda a, b: a and unify(a, b), types, NULL)  # type: ignore[arg-type,return-value]


def compare_all(types: list[SqlType]) -> SqlType | None:
    """`compare_type` over a list, for IN and BETWEEN."""
    return reduce(lambda a, b: a and compare_type(a, b), types, NULL)  # type: ignore[arg-type,return-value]


def add_type(left: SqlType, right: SqlType, *, minus: bool = False) -> SqlType | None:
    """The type of `left + right` (or `-`); None where DuckDB has no such operator."""
    if Kind.UNKNOWN in (left.kind, right.kind):
        return UNKNOWN
    times = {Kind.DATE, Kind.TIMESTAMP}
    if left.kind in times:
        return _shifted_time(left, right, minus)
    if right.kind in times:
        return None if minus else _shifted_time(right, left, minus)
    number = _number_type(left, right)
    if number is None or not is_decimal(number):
        return number
    (p1, s1), (p2, s2) = _shape(left), _shape(right)
    scale = max(s1, s2)
    return decimal(min(MAX_PRECISION, max(p1 - s1, p2 - s2) + scale + 1), scale)


def _shifted_time(time: SqlType, by: SqlType, minus: bool) -> SqlType | None:
    if by.kind is Kind.INTERVAL:
        return TIMESTAMP
    if time.kind is Kind.DATE and by.kind is Kind.INTEGER:
        return DATE
    if minus and by.kind is Kind.DATE and time.kind is Kind.DATE:
        return BIGINT
    if minus and by.kind in (Kind.DATE, Kind.TIMESTAMP):
        return SqlType(Kind.INTERVAL)
    return None


def _number_type(left: SqlType, right: SqlType) -> SqlType | None:
    """Both sides as numbers, an untyped null taking the other side's type; else None."""
    if left.kind is Kind.NULL:
        left = right
    if right.kind is Kind.NULL:
        right = left
    if is_numeric(left) and is_numeric(right):
        return _unify_numbers(left, right)
    return None


def multiply_type(left: SqlType, right: SqlType) -> SqlType | None:
    """The type of `left * right`: scales add up. None where DuckDB refuses (a scale above 38)."""
    if Kind.UNKNOWN in (left.kind, right.kind):
        return UNKNOWN
    number = _number_type(left, right)
    if number is None or not is_decimal(number):
        return number
    (p1, s1), (p2, s2) = _shape(left), _shape(right)
    precision, scale = p1 + p2, s1 + s2
    if scale > MAX_PRECISION:
        return None
    # DuckDB stays in 64 bits, and raises on overflow, while both factors do
    if precision > INT64_PRECISION >= max(p1, p2) and scale < INT64_PRECISION:
        precision = INT64_PRECISION
    return decimal(min(MAX_PRECISION, precision), scale)


def remainder_type(left: SqlType, right: SqlType) -> SqlType | None:
    """The type of `left % right`: DOUBLE once no decimal could hold both sides."""
    if Kind.UNKNOWN in (left.kind, right.kind):
        return UNKNOWN
    number = _number_type(left, right)
    if number is None or not is_decimal(number):
        return number
    (p1, s1), (p2, s2) = _shape(left), _shape(right)
    precision, scale = max(p1 - s1, p2 - s2) + max(s1, s2), max(s1, s2)
    return decimal(precision, scale) if precision <= MAX_PRECISION else DOUBLE


def sum_type(type_: SqlType) -> SqlType | None:
    """The type of `sum(x)`."""
    if type_.kind is Kind.DECIMAL:
        return decimal(MAX_PRECISION, type_.scale or 0)
    if type_.kind in (Kind.INTEGER, Kind.HUGEINT, Kind.BOOLEAN, Kind.NULL):
        return HUGEINT
    return type_ if type_.kind in (Kind.DOUBLE, Kind.UNKNOWN) else None


def round_type(type_: SqlType, places: int) -> SqlType:
    """The type of `round(x, places)`; a whole number stays itself."""
    if type_.kind is not Kind.DECIMAL:
        return type_
    assert type_.precision is not None and type_.scale is not None
    return decimal(type_.precision, max(0, min(type_.scale, places)))


def number_literal_type(text: str) -> SqlType:
    """The type of a number as written: `1` INTEGER, `0.005` decimal(4,3), `1e-5` DOUBLE."""
    text = text.replace("_", "").lower()
    if "e" in text:
        return DOUBLE
    if "." not in text:
        value = int(text)
        if value < 2**31:
            return INT
        return BIGINT if value < 2**63 else HUGEINT
    whole, _, fraction = text.partition(".")
    precision = len(whole) + len(fraction)
    return decimal(precision, len(fraction)) if precision <= MAX_PRECISION else DOUBLE
