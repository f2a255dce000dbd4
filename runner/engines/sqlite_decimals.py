"""Exact decimals as text on SQLite: the scalar functions behind the rewritten SQL.

A decimal is text of fixed scale, `123.450000000000`: no plus, no leading zeros, never `-0`.
Equal values of one scale are equal text. Every function returns such text, gives NULL for NULL,
and raises where DuckDB raises: past the digits of the result's type, or on what is no number.
Python's own integers do the arithmetic, so nothing is ever rounded on the way.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from runner.errors import EngineError
from runner.money import TOO_LARGE

Text = str | None
_DIGITS = 38
_LIMIT = 10**_DIGITS
_INT64_PRECISION = 18  # the widest decimal that DuckDB keeps in 64 bits
_MONEY_SCALE = 12

# SQLite computes an expression anew wherever it stands: the same values come again and again
_remembered = lru_cache(maxsize=4096)

# what DuckDB reads as a number, surrounding blanks included; digits may be grouped by single `_`
_NUMBER = re.compile(
    r"[ \t\n\v\f\r]*([+-]?)((?:\d+(?:_\d+)*)?)(?:\.((?:\d+(?:_\d+)*)?))?"
    r"(?:[eE]([+-]?\d+(?:_\d+)*))?[ \t\n\v\f\r]*",
    re.ASCII,
)


# DuckDB reads some odd spellings (`0E0.`): where _NUMBER does not, NULL would be a guess
_DOUBTFUL = re.compile(r"(?=.*\d)(?=.*[eE_])[\d_.eE+\s-]+", re.ASCII | re.DOTALL)


class DecimalError(EngineError):
    """A value does not fit its type, or is no number at all."""

    def __init__(self, what: str, mend: str = "correct the value, or give it a wider type") -> None:
        super().__init__("R331", what, mend=mend)


@_remembered
def read(text: str) -> tuple[int, int]:
    """(unscaled integer, scale) of canonical text; raises DecimalError for anything else."""
    try:
        point = text.find(".")
        if point < 0:
            return int(text), 0
        return int(text[:point] + text[point + 1 :]), len(text) - point - 1
    except (AttributeError, ValueError):
        raise DecimalError(f"{text!r} is not a decimal") from None


def show(unscaled: int, scale: int) -> str:
    """Canonical text of `unscaled / 10**scale`."""
    if scale == 0:
        return str(unscaled)
    digits = str(unscaled).zfill(scale + 1 if unscaled >= 0 else scale + 2)
    return f"{digits[:-scale]}.{digits[-scale:]}"


def fit(unscaled: int, precision: int, scale: int) -> str:
    """`show`, but raises DecimalError where the value has more digits than the type."""
    limit = _LIMIT if precision == _DIGITS else 10**precision
    if -limit < unscaled < limit:
        return show(unscaled, scale)
    overflow = f"{show(unscaled, scale)} does not fit in DECIMAL({precision},{scale})"
    if precision == _DIGITS:  # there is no wider type
        raise DecimalError(overflow, TOO_LARGE)
    raise DecimalError(overflow)


def divide_away(numerator: int, denominator: int) -> int:
    """numerator / denominator, halves rounded away from zero. denominator must not be 0."""
    quotient, rest = divmod(abs(numerator), abs(denominator))
    if 2 * rest >= abs(denominator):
        quotient += 1
    return quotient if (numerator < 0) == (denominator < 0) else -quotient


def _rescale(unscaled: int, scale: int, to: int) -> int:
    if to >= scale:
        factor: int = 10 ** (to - scale)
        return unscaled * factor
    return divide_away(unscaled, 10 ** (scale - to))


# casts


def decimal_cast(value: str | int | None, precision: int, scale: int) -> Text:
    """Text, a whole number or a decimal as decimal(precision, scale), as DuckDB casts it.

    Further digits are rounded, halves away from zero. A float raises: it is not exact.
    """
    if value is None:
        return None
    if type(value) is int:
        return fit(value * 10**scale, precision, scale)
    unscaled = _parse(value, scale, f"DECIMAL({precision},{scale})", precision - scale)
    return fit(unscaled, precision, scale)


def _parse(value: object, scale: int, to: str, room: int = _DIGITS) -> int:
    """Number text, scaled by 10**scale and rounded; raises DecimalError for anything else.

    `room` is how many digits may stand before the point, whatever an exponent then makes of them.
    """
    if type(value) is not str:
        raise DecimalError(f"{value!r} is a {type(value).__name__}, which is never exact money")
    number = _NUMBER.fullmatch(value)
    if number is None or not (number[2] or number[3]):
        raise DecimalError(f"could not convert {value!r} to {to}")
    fraction = (number[3] or "").replace("_", "")
    if len((number[2] or "").replace("_", "").lstrip("0")) > room:
        raise DecimalError(f"{value!r} does not fit in {to}")
    digits = int((number[2] or "").replace("_", "") + fraction)
    if number[4] and not _is_tame(str(digits), int(number[4]), room):
        raise DecimalError(f"{value!r} is read otherwise on other engines: write out its digits")
    exponent = int(number[4] or 0) - len(fraction) + scale
    unscaled: int = digits * 10 ** max(exponent, 0)
    shifted = divide_away(unscaled, 10 ** max(-exponent, 0))
    return -shifted if number[1] == "-" else shifted


def _is_tame(digits: str, exponent: int, room: int) -> bool:
    """Whether DuckDB surely reads an exponent as arithmetic does: its parser overflows early."""
    return len(digits) <= 15 and abs(exponent) <= 10 and room >= 26


def decimal_try_cast(value: str | int | None, precision: int, scale: int) -> Text:
    """As decimal_cast, but NULL for text that is no number; doubtful spellings raise."""
    try:
        return decimal_cast(value, precision, scale)
    except DecimalError:
        if type(value) is int or (type(value) is str and not _DOUBTFUL.fullmatch(value)):
            return None
        raise


def decimal_rescale(value: Text, precision: int, scale: int) -> Text:
    """A decimal as decimal(precision, scale), halves away from zero."""
    if value is None:
        return None
    unscaled, had = read(value)
    return fit(_rescale(unscaled, had, scale), precision, scale)


def decimal_to_integer(value: Text, digits: int) -> int | None:
    """A decimal as a whole number, halves away from zero; `digits` 19 is 64 bits, 10 is 32."""
    if value is None:
        return None
    return integer_fit(_rescale(*read(value), 0), digits)


def integer_cast(value: str | None, digits: int) -> int | None:
    """Text as a whole number: `12.5` is 13, as DuckDB casts it."""
    return None if value is None else integer_fit(_parse(value, 0, "an integer"), digits)


def integer_try_cast(value: str | None, digits: int) -> int | None:
    """As integer_cast, but NULL for text that is no such number."""
    try:
        return integer_cast(value, digits)
    except DecimalError:
        if value is not None and _DOUBTFUL.fullmatch(value):
            raise
        return None


def integer_fit(value: int | None, digits: int) -> int | None:
    """The number itself; raises where it has no room in an integer of that width."""
    bound = _BOUNDS[digits]
    if value is not None and not -bound <= value < bound:
        raise DecimalError(f"{value} does not fit in an integer of {digits} digits")
    return value


_BOUNDS = {3: 2**7, 5: 2**15, 10: 2**31, 19: 2**63}


def decimal_to_double(value: Text, precision: int = _DIGITS) -> float | None:
    """A decimal of that precision as the float DuckDB makes of it: the nearest, mostly."""
    if value is None:
        return None
    unscaled, scale = read(value)
    if scale == 0 and precision > _INT64_PRECISION:
        return hugeint_to_double(unscaled)
    power: int = 10**scale
    return unscaled / power


def hugeint_to_double(value: int | None) -> float | None:
    """A 128-bit number as DuckDB makes it a float: from two halves, so not always the nearest."""
    if value is None:
        return None
    if -(2**64) <= value < 0:
        return -float(-value - 1) - 1
    upper, lower = divmod(value, 2**64)
    return float(lower) + float(upper) * 2.0**64


def decimal_to_text(value: Text) -> Text:
    """A decimal with no whole digits as DuckDB prints it: `.5`."""
    return None if value is None else value.replace("0.", ".", 1)


def decimal_is_canonical(value: object, precision: int, scale: int) -> bool:
    """Whether a stored value is NULL or the one right text of a decimal(precision, scale)."""
    if value is None:
        return True
    if type(value) is not str:
        return False
    try:
        unscaled, had = read(value)
        return had == scale and fit(unscaled, precision, scale) == value
    except DecimalError:
        return False


# arithmetic


def _aligned(left: str, right: str) -> tuple[int, int, int]:
    one, scale = read(left)
    other, other_scale = read(right)
    if scale == other_scale:
        return one, other, scale
    to = max(scale, other_scale)
    return _rescale(one, scale, to), _rescale(other, other_scale, to), to


@_remembered
def decimal_add(left: Text, right: Text) -> Text:
    if left is None or right is None:
        return None
    one, other, scale = _aligned(left, right)
    return fit(one + other, _DIGITS, scale)


@_remembered
def decimal_sub(left: Text, right: Text) -> Text:
    if left is None or right is None:
        return None
    one, other, scale = _aligned(left, right)
    return fit(one - other, _DIGITS, scale)


@_remembered
def decimal_mul(left: Text, right: Text, precision: int = _DIGITS) -> Text:
    """The exact product, of scale the sum of both; raises past `precision` digits."""
    if left is None or right is None:
        return None
    one, scale = read(left)
    other, other_scale = read(right)
    return fit(one * other, precision, scale + other_scale)


def decimal_mod(left: Text, right: Text) -> Text:
    """The remainder, with the dividend's sign; raises for a zero divisor."""
    if left is None or right is None:
        return None
    one, other, scale = _aligned(left, right)
    if other == 0:
        raise DecimalError(f"division by zero: {left} % {right}")
    rest = abs(one) % abs(other)
    return show(-rest if one < 0 else rest, scale)


def decimal_neg(value: Text) -> Text:
    if value is None:
        return None
    unscaled, scale = read(value)
    return show(-unscaled, scale)


@_remembered
def decimal_abs(value: Text) -> Text:
    return None if value is None else show(abs(read(value)[0]), read(value)[1])


def decimal_sign(value: Text) -> int | None:
    if value is None:
        return None
    unscaled = read(value)[0]
    return (unscaled > 0) - (unscaled < 0)


@_remembered
def decimal_round(value: Text, places: int) -> Text:
    """Halves away from zero; the scale is `places`, but at least 0 and at most what it was."""
    if value is None:
        return None
    unscaled, scale = read(value)
    if places >= scale:
        return value
    if places >= 0:
        return show(_rescale(unscaled, scale, places), places)
    return fit(divide_away(unscaled, 10 ** (scale - places)) * 10**-places, _DIGITS, 0)


def decimal_floor(value: Text) -> Text:
    if value is None:
        return None
    unscaled, scale = read(value)
    return str(unscaled // 10**scale)


def decimal_ceil(value: Text) -> Text:
    if value is None:
        return None
    unscaled, scale = read(value)
    return str(-(-unscaled // 10**scale))


def decimal_trunc(value: Text) -> Text:
    if value is None:
        return None
    unscaled, scale = read(value)
    whole = abs(unscaled) // 10**scale
    return str(-whole if unscaled < 0 else whole)


@_remembered
def decimal_divide(left: Text, right: Text) -> Text:
    """left / right as decimal(38,12), halves away from zero; NULL where right is zero."""
    if left is None or right is None:
        return None
    one, scale = read(left)
    other, other_scale = read(right)
    if other == 0:
        return None
    quotient = divide_away(one * 10 ** (_MONEY_SCALE + other_scale), other * 10**scale)
    return fit(quotient, _DIGITS, _MONEY_SCALE)


def decimal_product(one: Text, two: Text, three: Text) -> Text:
    """one * two * three as decimal(38,12), rounded once, halves away from zero."""
    if one is None or two is None or three is None:
        return None
    factors = [read(value) for value in (one, two, three)]
    unscaled, scale = 1, 0
    for factor, had in factors:
        unscaled, scale = unscaled * factor, scale + had
    return fit(_rescale(unscaled, scale, _MONEY_SCALE), _DIGITS, _MONEY_SCALE)


@_remembered
def decimal_short_product(one: Text, two: Text) -> Text:
    """one * two as decimal(38,12) where that is exact; else NULL."""
    if one is None or two is None:
        return None
    (left, left_scale), (right, right_scale) = read(one), read(two)
    product, surplus = left * right, left_scale + right_scale - _MONEY_SCALE
    if surplus < 0:
        return fit(product * 10**-surplus, _DIGITS, _MONEY_SCALE)
    product, lost = divmod(product, 10**surplus)
    return None if lost else fit(product, _DIGITS, _MONEY_SCALE)


@_remembered
def decimal_prorate(amount: Text, part: Text, whole: Text) -> Text:
    """amount * part / whole as decimal(38,12), halves away from zero; NULL where whole is zero.

    All three count as scale 12.
    """
    if amount is None or part is None or whole is None:
        return None
    a, p, w = (_rescale(*read(value), _MONEY_SCALE) for value in (amount, part, whole))
    if w == 0:
        return None
    return fit(divide_away(a * p, w), _DIGITS, _MONEY_SCALE)


def _best(values: tuple[Text, ...], choose: Callable[..., int]) -> Text:
    known = [value for value in values if value is not None]
    if not known:
        return None
    read_values = [read(value) for value in known]
    scale = max(had for _, had in read_values)
    return show(choose(_rescale(number, had, scale) for number, had in read_values), scale)


def decimal_greatest(*values: Text) -> Text:
    """The largest that is not NULL."""
    return _best(values, max)


def decimal_least(*values: Text) -> Text:
    """The smallest that is not NULL."""
    return _best(values, min)
