"""Turning a value of one type into another, as DuckDB's casts do."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from runner.engines import sqlite_decimals, sqlite_json, sqlite_scalars
from runner.engines.sqlite_rewrite import text
from runner.engines.sqlite_rewrite.refusal import refusal
from runner.errors import EngineError
from runner.sqltyping import rules
from runner.sqltyping.types import INTEGER, Kind, SqlType

_TO_TEXT = {
    Kind.INTEGER: "cast({} as text)",
    Kind.HUGEINT: "cast({} as text)",
    Kind.BOOLEAN: "case {} when 1 then 'true' when 0 then 'false' end",
    Kind.TIMESTAMP: "timestamp_to_text({})",
    Kind.DATE: "{}",
    Kind.UUID: "{}",
    Kind.JSON: "{}",
}
_FROM_TEXT = {
    Kind.BOOLEAN: "boolean_parse({})",
    Kind.UUID: "uuid_text({})",
    Kind.DATE: "date_parse({})",
    Kind.TIMESTAMP: "timestamp_parse({})",
    Kind.JSON: "json_check({})",
}
_WHOLE = (Kind.INTEGER, Kind.HUGEINT)


def cast(sql: str, node: exp.Expr, had: SqlType, to: SqlType) -> str:
    """`sql`, which is `node` of type `had`, as `to`: any cast one may write out."""
    simple = _same(sql, had, to)
    if simple is not None:
        return simple
    if to.kind is Kind.DECIMAL and (had.kind in _WHOLE or had.kind is Kind.TEXT):
        return f"decimal_cast({sql}, {to.precision}, {to.scale})"
    if to.kind is Kind.DECIMAL and had.kind is Kind.DECIMAL:
        return f"decimal_rescale({sql}, {to.precision}, {to.scale})"
    if to.kind is Kind.TEXT and had.kind is Kind.DECIMAL:
        return f"decimal_to_text({sql})" if had.precision == had.scale else sql
    if to.kind is Kind.TEXT and had.kind in _TO_TEXT:
        return _TO_TEXT[had.kind].format(sql)
    if had.kind is Kind.TEXT and to.kind in _FROM_TEXT:
        return _FROM_TEXT[to.kind].format(sql)
    if to.kind in _WHOLE:
        whole = _to_whole(sql, had, to)
        if whole is not None:
            return whole
    if to.kind is Kind.BOOLEAN and had.kind in _WHOLE:
        return f"{text.atom(sql)} <> 0"
    if to.kind is Kind.DATE and had.kind is Kind.TIMESTAMP:
        return f"substr({sql}, 1, 10)"
    if to.kind is Kind.TIMESTAMP and had.kind is Kind.DATE:
        return f"{text.atom(sql)} || ' 00:00:00.000000'"
    if to.kind is Kind.DOUBLE and had.kind is Kind.DECIMAL:
        # beyond 64 bits DuckDB's own conversion is not always to the nearest float
        width = "" if (had.precision or 0) > rules.INT64_PRECISION else f", {had.precision}"
        return f"decimal_to_double({sql}{width})"
    if to.kind is Kind.DOUBLE and had.kind is Kind.HUGEINT:
        return f"hugeint_to_double({sql})"
    if to.kind is Kind.DOUBLE and had.kind in _WHOLE:
        return f"cast({sql} as real)"
    raise refusal(
        node,
        f"a cast from {rules.plain(had)} to {rules.plain(to)} may differ between engines",
        "cast by way of a type that both hold exactly",
    )


def _same(sql: str, had: SqlType, to: SqlType) -> str | None:
    """`sql` itself, where it already is of type `to`."""
    if had.kind is Kind.NULL or rules.plain(had) == rules.plain(to) != INTEGER:
        return sql
    if had.kind is to.kind is Kind.DECIMAL:
        assert had.precision is not None and to.precision is not None
        return sql if had.scale == to.scale and had.precision <= to.precision else None
    if had.kind in _WHOLE and to.kind in _WHOLE and rules.digits_of(had) <= rules.digits_of(to):
        return sql
    return None


def _to_whole(sql: str, had: SqlType, to: SqlType) -> str | None:
    # SQLite has 64 bits: a HUGEINT with more cannot be, and raises
    digits = min(rules.digits_of(to), rules.BIGINT_DIGITS)
    if had.kind in _WHOLE:
        return f"integer_fit({sql}, {digits})"
    if had.kind is Kind.BOOLEAN:
        return sql
    function = {
        Kind.DECIMAL: "decimal_to_integer",
        Kind.DOUBLE: "double_to_integer",
        Kind.TEXT: "integer_cast",
    }.get(had.kind)
    return f"{function}({sql}, {digits})" if function else None


def is_implicit(had: SqlType, to: SqlType) -> bool:
    """Whether DuckDB makes this cast unasked, and it loses nothing."""
    if had.kind is Kind.NULL or rules.plain(had) == rules.plain(to):
        return True
    if had.kind in _WHOLE:
        return to.kind in (*_WHOLE, Kind.DECIMAL, Kind.DOUBLE)
    if had.kind is Kind.DECIMAL:
        return to.kind is Kind.DECIMAL
    return (had.kind, to.kind) == (Kind.DATE, Kind.TIMESTAMP)


def fold(node: exp.Expr, to: SqlType) -> str | None:
    """A literal written out as a value of type `to`; None where `node` is no literal."""
    negative = False
    while isinstance(node, exp.Paren | exp.Neg):
        negative ^= isinstance(node, exp.Neg)
        node = node.this
    if not isinstance(node, exp.Literal) or (node.is_string and negative):
        return None
    written = f"-{node.name}" if negative else node.name
    if not node.is_string and (to.kind is not Kind.DECIMAL or "e" in written.lower()):
        return None
    try:
        return _folded(written, to)
    except (EngineError, ValueError) as error:
        raise refusal(
            node, getattr(error, "what", str(error)), f"write it as {rules.plain(to)}"
        ) from None


def _folded(written: str, to: SqlType) -> str | None:
    if to.kind is Kind.DECIMAL:
        assert to.precision is not None and to.scale is not None
        value = sqlite_decimals.decimal_cast(written, to.precision, to.scale)
        return text.string(value or "")
    if to.kind is Kind.INTEGER:
        return str(sqlite_decimals.integer_cast(written, rules.digits_of(to)))
    if to.kind is Kind.BOOLEAN:
        return "1" if sqlite_scalars.boolean_parse(written) else "0"
    parse: Callable[[str], str | None] | None = {
        Kind.DATE: sqlite_scalars.date_parse,
        Kind.TIMESTAMP: sqlite_scalars.timestamp_parse,
        Kind.UUID: sqlite_scalars.uuid_text,
        Kind.JSON: sqlite_json.json_check,
        Kind.TEXT: lambda written: written,
    }.get(to.kind)
    return text.string(parse(written) or "") if parse else None
