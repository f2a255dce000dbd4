"""From a value as a unit test writes it to the value that a column of some type holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from runner.sqltyping.types import Kind, SqlType


def value_of(written: Any, type_: SqlType) -> Any:
    """Exactly that value, as Python has it; ValueError says why there is none of that type.

    Numbers, text and null as YAML has them, text as CSV has them, or values that a query gave.
    """
    if written is None:
        return None
    if isinstance(written, bool) and type_.kind is not Kind.BOOLEAN:
        raise ValueError(f"{str(written).lower()} is a boolean to YAML; put a word in quotes")
    if isinstance(written, list | dict):
        raise ValueError("a list or mapping is no value; write it as text, in quotes")
    read: Callable[[Any], Any] = _READERS.get(type_.kind, _as_is)
    try:
        return read(written)
    except InvalidOperation as error:
        raise ValueError("that is no number") from error


def value_held(written: Any, type_: SqlType) -> Any:
    """As `value_of`; ValueError too for a decimal that a column of the type would round."""
    value = value_of(written, type_)
    if type_.kind is Kind.DECIMAL and value is not None and not _fits(value, type_):
        raise ValueError(f"{type_} cannot hold it")
    return value


def comparable(value: Any, type_: SqlType) -> Any:
    """A value that a query gave, to compare with what `value_of` makes of an expected one."""
    return value if value is None or type_.kind in _READERS else _as_is(value)


def _fits(value: Decimal, type_: SqlType) -> bool:
    precision, scale = type_.precision or 18, type_.scale or 0
    _, digits, exponent = value.normalize().as_tuple()
    assert isinstance(exponent, int)
    return value.is_zero() or (-exponent <= scale and len(digits) + exponent <= precision - scale)


def _decimal(written: Any) -> Decimal:
    if isinstance(written, float):
        raise ValueError("a float where exact money belongs; put it in quotes")
    value = Decimal(written.strip() if isinstance(written, str) else written)
    if not value.is_finite():
        raise ValueError("that is no number")
    return value


def _integer(written: Any) -> int:
    value = _decimal(written)
    if value != value.to_integral_value():
        raise ValueError("that is no whole number")
    return int(value)


def _boolean(written: Any) -> bool:
    known = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
    found = known.get(str(written).strip().lower())
    if found is None:
        raise ValueError("that is neither true nor false")
    return found


def _text(written: Any) -> str:
    return format(written, "f") if isinstance(written, Decimal) else str(written)


def _date(written: Any) -> date:
    if isinstance(written, datetime):
        return written.date()
    return written if isinstance(written, date) else date.fromisoformat(_quoted(written))


def _timestamp(written: Any) -> datetime:
    """UTC, without a zone."""
    if isinstance(written, date) and not isinstance(written, datetime):
        return datetime(written.year, written.month, written.day)
    value = written if isinstance(written, datetime) else datetime.fromisoformat(_quoted(written))
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def _quoted(written: Any) -> str:
    if not isinstance(written, str):
        raise ValueError("write it as text: 2026-01-31, 2026-01-31 12:00:00")
    return written.strip()


def _as_is(written: Any) -> str:
    """Of a type with no form of its own here: its text."""
    return str(written)


_READERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.DECIMAL: _decimal,
    Kind.INTEGER: _integer,
    Kind.HUGEINT: _integer,
    Kind.DOUBLE: float,
    Kind.BOOLEAN: _boolean,
    Kind.TEXT: _text,
    Kind.JSON: _text,
    Kind.UUID: lambda written: str(UUID(_text(written))),
    Kind.DATE: _date,
    Kind.TIMESTAMP: _timestamp,
}
