"""Comparisons: both sides at one type, so that SQLite's affinities never decide.

Decimals of one scale are equal where their text is; which is larger takes decimal_cmp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from runner.engines.sqlite_rewrite import text
from runner.engines.sqlite_rewrite.refusal import only, refusal
from runner.sqltyping import rules
from runner.sqltyping.types import Kind, SqlType

if TYPE_CHECKING:
    from runner.engines.sqlite_rewrite.expressions import Writer

_OPERATORS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "is",
    exp.NullSafeNEQ: "is not",
}
_ORDER = {"<", "<=", ">", ">="}
_INCOMPARABLE = (Kind.INTERVAL, Kind.BLOB, Kind.UNKNOWN)


def common(writer: Writer, node: exp.Expr, sides: list[exp.Expr]) -> SqlType:
    """The type that all sides are compared at; a bound parameter takes the others'."""
    known = [side for side in sides if not isinstance(side, exp.Placeholder | exp.Parameter)]
    types = [writer.type(side) for side in known]
    found = rules.compare_all(types)
    if found is None or found.kind in _INCOMPARABLE:
        given = " with ".join(str(rules.plain(one)) for one in types)
        raise refusal(node, f"it compares {given}", "cast both sides to one type")
    kinds = {one.kind for one in types}
    if {Kind.DOUBLE, Kind.DECIMAL} <= kinds:
        raise refusal(node, "it compares a double with a decimal", "keep both decimals")
    return found


def binary(writer: Writer, node: exp.Expr) -> str:
    return compare(writer, node, node.this, node.expression, _OPERATORS[type(node)])


def compare(writer: Writer, node: exp.Expr, left: exp.Expr, right: exp.Expr, operator: str) -> str:
    """`left operator right`, at their common type."""
    type_ = common(writer, node, [left, right])
    return at(writer, node, writer.to(left, type_), writer.to(right, type_), operator, type_)


def at(writer: Writer, node: exp.Expr, left: str, right: str, operator: str, type_: SqlType) -> str:
    """Two values written at one type, compared."""
    if operator in _ORDER:
        if type_.kind is Kind.DECIMAL:
            return f"decimal_cmp({left}, {right}) {operator} 0"
        if type_.kind is Kind.JSON:
            raise refusal(node, "JSON has no order to rely on", "compare text or numbers")
    return f"{text.atom(left)} {operator} {text.atom(right)}"


def between(writer: Writer, node: exp.Expr) -> str:
    only(node, "this", "low", "high")
    sides = [node.this, node.args["low"], node.args["high"]]
    type_ = common(writer, node, sides)
    value, low, high = (writer.to(side, type_) for side in sides)
    if type_.kind is not Kind.DECIMAL:
        return f"{text.atom(value)} between {text.atom(low)} and {text.atom(high)}"
    if node.this.find(exp.Placeholder):
        raise refusal(node, "its parameter would be bound twice", "compare twice")
    lower = at(writer, node, value, low, ">=", type_)
    return f"({lower} and {at(writer, node, value, high, '<=', type_)})"


def in_(writer: Writer, node: exp.Expr, word: str = "in") -> str:
    only(node, "this", "expressions", "query")
    query = node.args.get("query")
    if query is not None:
        return _in_query(writer, node, query, word)
    members = node.expressions
    type_ = common(writer, node, [node.this, *members])
    listed = ", ".join(writer.to(member, type_) for member in members)
    return f"{text.atom(writer.to(node.this, type_))} {word} ({listed})"


def _in_query(writer: Writer, node: exp.Expr, query: exp.Expr, word: str) -> str:
    items = writer.typed.items(query)
    if len(items) != 1:
        raise refusal(node, "IN takes a query of one column", "use exists (…)")
    type_ = rules.compare_type(writer.type(node.this), items[0].type_)
    if type_ is None or type_.kind in _INCOMPARABLE:
        raise refusal(node, "its sides are of different types", "cast both sides to one type")
    return f"{text.atom(writer.to(node.this, type_))} {word} " + text.nested(
        writer.query(query, [type_])
    )


def is_(writer: Writer, node: exp.Expr, word: str = "is") -> str:
    only(node, "this", "expression")
    if isinstance(node.expression, exp.Null):
        return f"{writer.atom(node.this)} {word} null"
    return f"{text.atom(writer.condition(node.this))} {word} {writer.condition(node.expression)}"


def like(writer: Writer, node: exp.Expr) -> str:
    """LIKE as a function: SQLite's own ignores case."""
    escape = ""
    if isinstance(node, exp.Escape):
        escape = f", {writer.text(node.expression)}"
        node = node.this
    if not isinstance(node, exp.Like):
        raise refusal(node, "only LIKE is translated", "compare lower(…) with LIKE")
    only(node, "this", "expression", "negate")
    word = "not " if node.args.get("negate") else ""
    return f"{word}text_like({writer.text(node.this)}, {writer.text(node.expression)}{escape})"
