"""+ - * / // % and the minus sign, on numbers and on times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from runner.engines.sqlite_rewrite.bounds import bound
from runner.engines.sqlite_rewrite.casts import fold
from runner.engines.sqlite_rewrite.refusal import only, refusal
from runner.sqltyping import rules
from runner.sqltyping.types import DOUBLE, Kind, SqlType

if TYPE_CHECKING:
    from runner.engines.sqlite_rewrite.expressions import Writer

_MICROS = {
    "microsecond": 1,
    "millisecond": 1_000,
    "second": 1_000_000,
    "minute": 60_000_000,
    "hour": 3_600_000_000,
    "day": 86_400_000_000,
    "week": 7 * 86_400_000_000,
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def negate(writer: Writer, node: exp.Expr) -> str:
    type_ = writer.type(node)
    if type_.kind is Kind.DECIMAL:
        return fold(node, type_) or f"decimal_neg({writer.sql(node.this)})"
    value = writer.atom(node.this)
    if value.startswith("-"):
        value = f"({value})"  # two of them would begin a comment
    if type_.kind is Kind.DOUBLE:
        return f"-{value}"
    if rules.is_whole(type_):
        return f"-{value}" if isinstance(node.this, exp.Literal) else f"integer_sub(0, {value})"
    raise refusal(node, f"a {rules.plain(type_)} has no negative", "negate a number")


def add(writer: Writer, node: exp.Expr) -> str:
    times = (Kind.DATE, Kind.TIMESTAMP)
    if writer.type(node.this).kind in times:
        return _shift(writer, node, node.this, node.expression, 1)
    if writer.type(node.expression).kind in times:
        return _shift(writer, node, node.expression, node.this, 1)
    return _number(writer, node, "add", "+")


def subtract(writer: Writer, node: exp.Expr) -> str:
    left, right = writer.type(node.this).kind, writer.type(node.expression).kind
    if left is Kind.DATE and right is Kind.DATE:
        return f"date_diff('day', {writer.sql(node.expression)}, {writer.sql(node.this)})"
    if right in (Kind.DATE, Kind.TIMESTAMP):
        raise refusal(node, "it yields an interval", "count with date_diff('microsecond', …)")
    if left in (Kind.DATE, Kind.TIMESTAMP):
        return _shift(writer, node, node.this, node.expression, -1)
    return _number(writer, node, "sub", "-")


def multiply(writer: Writer, node: exp.Expr) -> str:
    type_ = writer.type(node)
    if type_.kind is not Kind.DECIMAL:
        return _number(writer, node, "mul", "*")
    sides = []
    for side in (node.this, node.expression):
        had = writer.type(side)
        sides.append(writer.sql(side) if rules.is_decimal(had) else _as_decimal(writer, side, had))
    precision = "" if type_.precision == rules.MAX_PRECISION else f", {type_.precision}"
    return f"decimal_mul({', '.join(sides)}{precision})"


def _as_decimal(writer: Writer, node: exp.Expr, had: SqlType) -> str:
    """A whole number as a decimal of scale 0, which is how DuckDB multiplies it."""
    digits = rules.digits_of(had) if rules.is_whole(had) else rules.MAX_PRECISION
    return writer.to(node, SqlType(Kind.DECIMAL, digits, 0))


def divide(writer: Writer, node: exp.Expr) -> str:
    only(node, "this", "expression")
    sides = [node.this, node.expression]
    kinds = [writer.type(side).kind for side in sides]
    if Kind.DECIMAL in kinds and Kind.DOUBLE not in kinds:
        raise refusal(node, "a decimal divided with / becomes a float", "write {{ divide(a, b) }}")
    # beside an explicit double a decimal becomes one too
    shown = [writer.cast(side, DOUBLE) for side in sides]
    return f"double_divide({', '.join(shown)})"


def whole_divide(writer: Writer, node: exp.Expr) -> str:
    if not rules.is_whole(writer.type(node)):
        raise refusal(node, "// is exact between whole numbers only", "write {{ divide(a, b) }}")
    return f"integer_div({writer.sql(node.this)}, {writer.sql(node.expression)})"


def remainder(writer: Writer, node: exp.Expr) -> str:
    type_ = writer.type(node)
    if type_.kind is Kind.DECIMAL:
        return f"decimal_mod({writer.to(node.this, type_)}, {writer.to(node.expression, type_)})"
    if rules.is_whole(type_):
        return f"integer_mod({writer.sql(node.this)}, {writer.sql(node.expression)})"
    raise refusal(node, f"% of a {rules.plain(type_)} is not exact", "cast both sides to a decimal")


def _number(writer: Writer, node: exp.Expr, verb: str, sign: str) -> str:
    """An operation whose result is overflow-checked, or provably too small to need it."""
    type_ = writer.type(node)
    sides = [node.this, node.expression]
    if type_.kind is Kind.DECIMAL:
        # both sides at the result's scale, in full precision: as DuckDB casts them
        whole = [writer.to(side, type_) for side in sides]
        return f"decimal_{verb}({', '.join(whole)})"
    if type_.kind is Kind.DOUBLE:
        if any(rules.is_decimal(writer.type(side)) for side in sides):
            raise refusal(node, "a decimal combined with a double is one", "keep both decimals")
        return f"double_{verb}({', '.join(writer.to(side, DOUBLE) for side in sides)})"
    if type_.kind is Kind.NULL:
        return "null"
    if not rules.is_whole(type_):
        raise refusal(node, f"{sign} is for numbers and times", "cast both sides to a number")
    digits = min(rules.digits_of(type_), rules.BIGINT_DIGITS)
    reach = bound(writer, node)
    limit = 2**31 if digits <= rules.INT_DIGITS else 2**63
    if reach is not None and reach < limit:
        return f" {sign} ".join(writer.atom(side) for side in sides)
    width = "" if digits == rules.BIGINT_DIGITS else f", {digits}"
    return f"integer_{verb}({writer.sql(node.this)}, {writer.sql(node.expression)}{width})"


def _shift(writer: Writer, node: exp.Expr, time: exp.Expr, by: exp.Expr, sign: int) -> str:
    """A time moved by an interval literal, or a date by whole days."""
    while isinstance(by, exp.Paren):
        by = by.this
    if rules.is_whole(writer.type(by)):
        days = writer.atom(by) if sign > 0 else f"-{writer.atom(by)}"
        return f"date_shift({writer.sql(time)}, {days})"
    if not isinstance(by, exp.Interval):
        raise refusal(node, "only an interval written out can be added", "write interval 1 day")
    only(by, "this", "unit")
    unit = by.text("unit").lower().removesuffix("s")
    count = by.this.name if isinstance(by.this, exp.Literal) else ""
    if not count.removeprefix("-").isdigit() or unit not in _MICROS | _MONTHS:
        raise refusal(by, "the interval is not a whole number of one unit", "write interval 1 day")
    amount = sign * int(count)
    months, micros = amount * _MONTHS.get(unit, 0), amount * _MICROS.get(unit, 0)
    return f"timestamp_shift({writer.sql(time)}, {months}, {micros})"
