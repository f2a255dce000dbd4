"""Integers, text and times on SQLite as DuckDB has them: what SQLite itself does otherwise.

Times are text, `YYYY-MM-DD HH:MM:SS.ffffff` and `YYYY-MM-DD`. Every function but the concatenating
ones gives NULL for NULL, and raises on a value it cannot treat exactly as DuckDB would.
"""

from __future__ import annotations

import hashlib
import math
import re
import uuid
from calendar import monthrange
from datetime import date, datetime, timedelta
from functools import lru_cache

from runner.engines.sqlite_decimals import DecimalError, divide_away, integer_fit
from runner.errors import EngineError

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_UNIT_US = {
    "microsecond": 1,
    "millisecond": 1_000,
    "second": 1_000_000,
    "minute": 60_000_000,
    "hour": 3_600_000_000,
    "day": 86_400_000_000,
}


class ValueRefusedError(EngineError):
    """A value that this engine cannot treat exactly as DuckDB does."""

    def __init__(self, what: str) -> None:
        super().__init__("R332", what, mend="correct the value, or compute it another way")


# whole numbers: SQLite turns them into floats on overflow, silently


def integer_add(left: int | None, right: int | None, digits: int = 19) -> int | None:
    return None if left is None or right is None else integer_fit(left + right, digits)


def integer_sub(left: int | None, right: int | None, digits: int = 19) -> int | None:
    return None if left is None or right is None else integer_fit(left - right, digits)


def integer_mul(left: int | None, right: int | None, digits: int = 19) -> int | None:
    return None if left is None or right is None else integer_fit(left * right, digits)


def integer_div(left: int | None, right: int | None) -> int | None:
    """`//`: towards zero; raises for a zero divisor."""
    if left is None or right is None:
        return None
    if right == 0:
        raise DecimalError(f"division by zero: {left} // {right}")
    quotient = abs(left) // abs(right)
    return integer_fit(quotient if (left < 0) == (right < 0) else -quotient, 19)


def integer_mod(left: int | None, right: int | None) -> int | None:
    """`%`: the dividend's sign; raises for a zero divisor."""
    if left is None or right is None:
        return None
    if right == 0:
        raise DecimalError(f"division by zero: {left} % {right}")
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def integer_round(value: int | None, places: int) -> int | None:
    """round(whole number, places): halves away from zero where places is negative."""
    if value is None or places >= 0:
        return value
    unit: int = 10**-places
    rounded = (abs(value) + unit // 2) // unit * unit
    return integer_fit(-rounded if value < 0 else rounded, 19)


# floats: SQLite makes NULL of a NaN, silently


def double_add(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else _number(left + right, left, "+", right)


def double_sub(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else _number(left - right, left, "-", right)


def double_mul(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else _number(left * right, left, "*", right)


def double_divide(left: float | None, right: float | None) -> float | None:
    """left / right; raises for a zero divisor."""
    if left is None or right is None:
        return None
    if right == 0:
        raise ValueRefusedError(f"division by zero: {left} / {right}; divide by nullif(…, 0)")
    return _number(float(left) / float(right), left, "/", right)


def _number(value: float, left: float, sign: str, right: float) -> float:
    if math.isnan(value):
        raise ValueRefusedError(f"{left} {sign} {right} is no number")
    return value


def double_round(value: float | None, places: int = 0) -> float | None:
    """round(double, places) in DuckDB's steps: scale, round half away, scale back."""
    if value is None:
        return None
    power = 10.0 ** abs(places)
    scaled = value / power if places < 0 else value * power
    whole = math.trunc(scaled) if math.isfinite(scaled) else scaled
    if abs(scaled - whole) >= 0.5:
        whole += 1 if scaled > 0 else -1
    back = whole * power if places < 0 else whole / power
    return float(back) if math.isfinite(back) else value


def double_sqrt(value: float | None) -> float | None:
    """The square root; raises below zero."""
    if value is None:
        return None
    if value < 0:
        raise ValueRefusedError(f"the square root of {value}, a negative number")
    return math.sqrt(value)


def double_to_integer(value: float | None, digits: int) -> int | None:
    """A float as a whole number: halves to even, as DuckDB casts; raises out of range."""
    if value is None:
        return None
    if not math.isfinite(value):
        raise ValueRefusedError(f"{value} is no whole number")
    return integer_fit(round(value), digits)


# text


def greatest(*values: str | int | float | None) -> str | int | float | None:
    known = [value for value in values if value is not None]
    return max(known) if known else None


def least(*values: str | int | float | None) -> str | int | float | None:
    known = [value for value in values if value is not None]
    return min(known) if known else None


def text_lower(value: str | None) -> str | None:
    """Letter by letter, so that one letter never becomes two."""
    if value is None or value.isascii():
        return value and value.lower()
    return "".join("i" if letter == "\u0130" else letter.lower() for letter in value)


def text_upper(value: str | None) -> str | None:
    """Letter by letter; raises for the hundred letters whose capital is more than one letter."""
    if value is None or value.isascii():
        return value and value.upper()
    letters = ["\u1e9e" if letter == "ß" else letter.upper() for letter in value]
    if any(len(letter) > 1 for letter in letters):
        raise ValueRefusedError(f"upper({value!r}) differs between engines")
    return "".join(letters)


# the spaces DuckDB trims: Unicode's separators, but neither tab nor newline
_SPACES = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
_SPACES += "\u202f\u205f\u3000"


def text_trim(value: str | None) -> str | None:
    return None if value is None else value.strip(_SPACES)


def text_ltrim(value: str | None) -> str | None:
    return None if value is None else value.lstrip(_SPACES)


def text_rtrim(value: str | None) -> str | None:
    return None if value is None else value.rstrip(_SPACES)


@lru_cache(maxsize=256)
def _like_pattern(pattern: str, escape: str) -> re.Pattern[str]:
    parts, letters = [], iter(pattern)
    for letter in letters:
        if letter == escape:
            escaped = next(letters, None)
            if escaped is None:
                raise ValueRefusedError(f"LIKE {pattern!r} ends in its escape character")
            parts.append(re.escape(escaped))
        else:
            parts.append({"%": ".*", "_": "."}.get(letter, re.escape(letter)))
    return re.compile("".join(parts), re.DOTALL)


def text_like(value: str | None, pattern: str | None, escape: str = "") -> bool | None:
    """LIKE, case and all; there is no escape character unless one is named."""
    if value is None or pattern is None:
        return None
    return _like_pattern(pattern, escape).fullmatch(value) is not None


def text_starts(value: str | None, prefix: str | None) -> bool | None:
    return None if value is None or prefix is None else value.startswith(prefix)


def text_matches(value: str | None, pattern: str | None) -> bool | None:
    """Whether a part of `value` matches, by the rules of RE2 as far as Python's are the same."""
    if value is None or pattern is None:
        return None
    return _pattern(pattern).search(value) is not None


# a part that RE2 has not: looking around, a group meant again; and `$`, which it has otherwise
_PARTS = re.compile(r"(\(\?<?[=!]|\(\?P=|\\[1-9])|(\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|(\$)", re.S)


@lru_cache(maxsize=64)
def _pattern(text: str) -> re.Pattern[str]:
    def portable(part: re.Match[str]) -> str:
        if part[1]:
            raise ValueRefusedError(f"the regular expression {text!r} differs between engines")
        return r"\Z" if part[3] else part[0]

    try:
        return re.compile(_PARTS.sub(portable, text), re.ASCII)
    except re.error as error:
        raise ValueRefusedError(f"the regular expression {text!r}: {error}") from None


def text_ends(value: str | None, suffix: str | None) -> bool | None:
    return None if value is None or suffix is None else value.endswith(suffix)


def sha256_hex(value: str | None) -> str | None:
    return None if value is None else hashlib.sha256(value.encode()).hexdigest()


@lru_cache(maxsize=64)
def _namespace(text: str) -> uuid.UUID:
    return uuid.UUID(text)


def uuid5(namespace: str | None, name: str | None) -> str | None:
    """The UUIDv5 of `name` in `namespace` (a UUID as text)."""
    if namespace is None or name is None:
        return None
    return str(uuid.uuid5(_namespace(namespace), name))


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def uuid_text(value: str | None) -> str | None:
    """Text as a UUID in lower case; raises for any but the hyphenated form."""
    if value is None:
        return None
    if _UUID.fullmatch(value.lower()):
        return value.lower()
    raise ValueRefusedError(f"{value!r} is not a UUID")


def boolean_parse(value: str | None) -> bool | None:
    if value is None:
        return None
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise ValueRefusedError(f"{value!r} is neither true nor false")


# times

_STAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(?:Z)?)?", re.ASCII
)


def timestamp_parse(value: str | None) -> str | None:
    """Text as a timestamp: a date, with an optional time to microseconds, optionally `Z`.

    Any other form, an offset above all, raises.
    """
    if value is None:
        return None
    found = _STAMP.fullmatch(value.strip(" "))
    if found is None:
        raise ValueRefusedError(f"{value!r} is not a timestamp like 2026-01-31 12:00:00.000000")
    day, minute, second, fraction = found.groups()
    text = f"{day} {minute or '00:00'}:{second or '00'}.{(fraction or '').ljust(6, '0')}"
    _moment(text)  # raises for a day or hour that does not exist
    return text


def date_parse(value: str | None) -> str | None:
    """Text as a date; what follows the day is dropped, as DuckDB does."""
    stamp = timestamp_parse(value)
    return None if stamp is None else stamp[:10]


def timestamp_to_text(value: str | None) -> str | None:
    """A timestamp as DuckDB prints it: without the zeros that end its fraction."""
    return None if value is None else value.rstrip("0").rstrip(".") if "." in value else value


def _moment(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueRefusedError(f"{value!r} is not a timestamp: {error}") from None


def _micros(value: str) -> int:
    return (_moment(value) - _EPOCH) // _MICROSECOND


def epoch_us(value: str | None) -> int | None:
    return None if value is None else _micros(value)


def epoch_ms(value: str | None) -> int | None:
    """Milliseconds since 1970, rounded: halves away from zero."""
    return None if value is None else divide_away(_micros(value), 1000)


def date_diff(unit: str, start: str | None, end: str | None) -> int | None:
    """How many boundaries of `unit` lie between two timestamps or dates."""
    if start is None or end is None:
        return None
    if unit in ("month", "year"):
        months = [int(text[:4]) * 12 + int(text[5:7]) - 1 for text in (start, end)]
        size = 12 if unit == "year" else 1
        return months[1] // size - months[0] // size
    size = _UNIT_US[unit]
    return _micros(end) // size - _micros(start) // size


def timestamp_shift(value: str | None, months: int, micros: int) -> str | None:
    """A timestamp or date moved by whole months, then by microseconds; a late day is clamped."""
    if value is None:
        return None
    moment = _moment(value)
    if months:
        count = moment.year * 12 + moment.month - 1 + months
        year, month = divmod(count, 12)
        last = monthrange(year, month + 1)[1]
        moment = moment.replace(year=year, month=month + 1, day=min(moment.day, last))
    try:
        return (moment + timedelta(microseconds=micros)).isoformat(" ", "microseconds")
    except OverflowError:
        raise ValueRefusedError(
            f"{value} moved by {micros} µs leaves the years 1 to 9999"
        ) from None


def date_shift(value: str | None, days: int | None) -> str | None:
    if value is None or days is None:
        return None
    try:
        return (date.fromisoformat(value) + timedelta(days=days)).isoformat()
    except (OverflowError, ValueError):
        raise ValueRefusedError(f"{value} and {days} days is not a date") from None
