"""How Python's values stand in a SQLite file, and back: text where SQLite has no exact type."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from runner.money import CONTEXT
from runner.sqltyping.types import Kind, SqlType


def timestamp_text(value: datetime) -> str:
    """UTC, always six decimals, so that text order is time order."""
    if value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return value.isoformat(sep=" ", timespec="microseconds")


def encoder(column_type: SqlType) -> Callable[[Any], Any]:
    """The function that makes a column's Python values (never None) what SQLite stores."""
    if column_type.kind is Kind.DECIMAL:
        quantum = Decimal(1).scaleb(-(column_type.scale or 0))
        return lambda value: _decimal_text(value, quantum)
    return encode_any


def _decimal_text(value: Any, quantum: Decimal) -> str:
    if isinstance(value, float):
        raise TypeError(f"a float ({value!r}) where exact money belongs")
    exact = Decimal(value).quantize(quantum, context=CONTEXT)
    return format(abs(exact) if exact.is_zero() else exact, "f")


def encode_any(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return timestamp_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return value


def decoder(column_type: SqlType) -> Callable[[Any], Any]:
    """The function that makes a stored value (never None) Python's own."""
    return _DECODERS.get(column_type.kind, _as_is)


def _as_is(value: Any) -> Any:
    return value


_DECODERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.DECIMAL: Decimal,
    Kind.BOOLEAN: bool,
    Kind.TIMESTAMP: datetime.fromisoformat,
    Kind.DATE: date.fromisoformat,
}
