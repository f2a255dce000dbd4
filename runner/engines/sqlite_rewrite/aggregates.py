"""Aggregates and window functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from runner.engines.sqlite_rewrite import text
from runner.engines.sqlite_rewrite.refusal import only, refusal
from runner.sqltyping.calls import AGGREGATES, WINDOW_ONLY, Call, read_call
from runner.sqltyping.calls import function_of as call_of
from runner.sqltyping.functions import literal_int
from runner.sqltyping.types import TEXT, Kind

if TYPE_CHECKING:
    from runner.engines.sqlite_rewrite.expressions import Writer

Rule = Callable[["Writer", exp.Expr, Call], str]

_UNORDERED = (Kind.JSON, Kind.INTERVAL, Kind.BLOB, Kind.UNKNOWN)


def _argument(writer: Writer, call: Call) -> str:
    return f"{'distinct ' if call.distinct else ''}{writer.sql(call.args[0])}"


def _count(writer: Writer, node: exp.Expr, call: Call) -> str:
    if not call.args or isinstance(call.args[0], exp.Star):
        return "count(*)"
    return f"count({_argument(writer, call)})"


def _count_if(writer: Writer, node: exp.Expr, call: Call) -> str:
    # NULL over nothing but NULLs, as DuckDB 2 has it: a sum, not a count
    return f"sum({writer.condition(call.args[0])})"


def _sum(writer: Writer, node: exp.Expr, call: Call) -> str:
    kind = writer.type(call.args[0]).kind
    if kind is Kind.DECIMAL:
        return f"decimal_sum({_argument(writer, call)})"
    if kind in (Kind.INTEGER, Kind.HUGEINT, Kind.BOOLEAN, Kind.NULL):
        return f"sum({_argument(writer, call)})"  # raises past 64 bits
    raise refusal(node, f"the sum of a {kind.value} depends on row order", "sum decimals")


def _avg(writer: Writer, node: exp.Expr, call: Call) -> str:
    if writer.type(call.args[0]).kind is not Kind.INTEGER:
        raise refusal(
            node, "avg of anything but whole numbers is not exact", "divide the sum by the count"
        )
    return f"integer_avg({_argument(writer, call)})"


def _extreme(writer: Writer, node: exp.Expr, call: Call) -> str:
    type_ = writer.type(call.args[0])
    if type_.kind in _UNORDERED:
        raise refusal(node, f"{call.name} of a {type_}", "take it of numbers, text or times")
    return f"{call.name}({writer.sort_key(node, type_, writer.sql(call.args[0]))})"


def _boolean(function: str) -> Rule:
    def rule(writer: Writer, node: exp.Expr, call: Call) -> str:
        return f"{function}({writer.condition(call.args[0])})"

    return rule


def _plain(writer: Writer, node: exp.Expr, call: Call) -> str:
    """A function whose arguments need nothing: any_value, first_value, row_number …"""
    return f"{call.name}({', '.join(writer.sql(arg) for arg in call.args)})"


def _arg_best(writer: Writer, node: exp.Expr, call: Call) -> str:
    value, key = call.args
    kind = writer.type(key).kind
    if kind in _UNORDERED:
        raise refusal(node, f"a {kind.value} has no order to rely on", "order by something else")
    prefix = "decimal_" if kind is Kind.DECIMAL else ""
    return f"{prefix}{call.name}({writer.sql(value)}, {writer.sql(key)})"


def _string_agg(writer: Writer, node: exp.Expr, call: Call) -> str:
    if not call.order or call.distinct:
        raise refusal(
            node,
            "without ORDER BY, or with DISTINCT, its order is not certain",
            "write string_agg(x, ',' order by …), DISTINCT in a subquery",
        )
    separator = call.args[1] if len(call.args) > 1 else None
    if separator is not None and not isinstance(separator, exp.Literal):
        raise refusal(node, "its separator is no literal", "write the separator out")
    shown = text.string(separator.name if separator is not None else ",")
    order = ", ".join(writer.ordered(term) for term in call.order)
    return f"group_concat({writer.cast(call.args[0], TEXT)}, {shown} order by {order})"


def _shifted(writer: Writer, node: exp.Expr, call: Call) -> str:
    """lag and lead; a default is cast to the type of the value."""
    parts = [writer.sql(call.args[0])]
    if len(call.args) > 1:
        offset = literal_int(call.args[1])
        if offset is None or offset < 0:
            raise refusal(node, "its offset is no literal", "write the offset out")
        parts.append(str(offset))
    if len(call.args) > 2:
        parts.append(writer.cast(call.args[2], writer.type(call.args[0])))
    return f"{call.name}({', '.join(parts)})"


AGGREGATE_RULES: dict[str, Rule] = {
    "count": _count,
    "count_if": _count_if,
    "sum": _sum,
    "avg": _avg,
    "min": _extreme,
    "max": _extreme,
    "bool_and": _boolean("min"),
    "bool_or": _boolean("max"),
    "any_value": _plain,
    "string_agg": _string_agg,
    "arg_max": _arg_best,
    "arg_min": _arg_best,
}
WINDOW_RULES: dict[str, Rule] = {
    "row_number": _plain,
    "rank": _plain,
    "dense_rank": _plain,
    "ntile": _plain,
    "first_value": _plain,
    "last_value": _plain,
    "nth_value": _plain,
    "lag": _shifted,
    "lead": _shifted,
}
_NOT_OVER = {"string_agg", "arg_max", "arg_min"}
_ORDER_MATTERS = {"string_agg"}


def aggregate(writer: Writer, node: exp.Expr, call: Call, *, over: bool = False) -> str:
    """An aggregate or window function, without its FILTER and OVER."""
    if call.name in WINDOW_ONLY and not over:
        raise refusal(node, f"{call.name} needs OVER", "add over (…)")
    if call.unread:
        raise refusal(node, f"{call.name} with {', '.join(call.unread)}", "use its plain form")
    if call.order and call.name not in _ORDER_MATTERS:
        raise refusal(node, f"ORDER BY within {call.name} is not translated", "leave it out")
    if call.distinct and call.name not in ("count", "sum", "min", "max", "avg"):
        raise refusal(node, f"{call.name}(distinct …) is not translated", "use a subquery")
    if over and (call.distinct or call.name in _NOT_OVER):
        raise refusal(node, f"SQLite has no such {call.name} over a window", "use a subquery")
    rules = AGGREGATE_RULES | WINDOW_RULES
    if call.name not in rules:
        raise refusal(node, f"which row is {call.name} is not said", "write arg_min or arg_max")
    return rules[call.name](writer, node, call)


def filtered(writer: Writer, node: exp.Expr, *, over: bool = False) -> str:
    """`aggregate filter (where …)`."""
    only(node, "this", "expression")
    inner = function_of(writer, node.this, over=over)
    return f"{inner} filter (where {writer.condition(node.expression.this)})"


def function_of(writer: Writer, node: exp.Expr, *, over: bool) -> str:
    """The function of a window, or of a FILTER."""
    if isinstance(node, exp.Filter):
        return filtered(writer, node, over=over)
    if isinstance(node, exp.RespectNulls):
        node = node.this
    if isinstance(node, exp.IgnoreNulls):
        return ignoring_nulls(writer, node, over=over)
    call = read_call(node)
    if call is None or call.name not in AGGREGATES | WINDOW_ONLY:
        raise refusal(node, "it is not an aggregate or window function that is translated", "")
    return aggregate(writer, node, call, over=over)


def ignoring_nulls(writer: Writer, node: exp.Expr, *, over: bool = False) -> str:
    """sqlglot marks every any_value so; anywhere else SQLite would not heed it."""
    if not isinstance(node.this, exp.AnyValue):
        raise refusal(node, "SQLite has no IGNORE NULLS", "use max(…) over, or a join")
    return function_of(writer, node.this, over=over)


def window(writer: Writer, node: exp.Expr) -> str:
    only(node, "this", "partition_by", "order", "spec", "alias", "over")
    function = function_of(writer, node.this, over=True)
    alias = node.args.get("alias")
    if alias is None:
        return f"{function} over ({definition(writer, node)})"
    if node.args.get("partition_by") or node.args.get("order") or node.args.get("spec"):
        raise refusal(node, "it adds to a named window", "write the whole window out")
    return f"{function} over {text.name(alias.name)}"


def definition(writer: Writer, node: exp.Expr) -> str:
    """What stands between the parentheses of OVER, or of WINDOW … AS."""
    parts = []
    if node.args.get("partition_by"):
        keys = ", ".join(writer.sql(key) for key in node.args["partition_by"])
        parts.append(f"partition by {keys}")
    if node.args.get("order") is not None:
        terms = ", ".join(writer.ordered(term) for term in node.args["order"].expressions)
        parts.append(f"order by {terms}")
    if node.args.get("spec") is not None:
        parts.append(_frame(node.args["spec"]))
    return " ".join(parts)


def _frame(spec: exp.Expr) -> str:
    only(spec, "kind", "start", "start_side", "end", "end_side")
    kind = str(spec.args.get("kind") or "").lower()
    start = _edge(spec, "start")
    end = _edge(spec, "end") if spec.args.get("end") else "current row"
    counted = any(edge[0].isdigit() for edge in (start, end))
    if kind not in ("rows", "range") or (kind == "range" and counted):
        raise refusal(spec, f"{kind.upper()} frames of this kind are not translated", "use ROWS")
    return f"{kind} between {start} and {end}"


def _edge(spec: exp.Expr, which: str) -> str:
    value, side = spec.args[which], str(spec.args.get(f"{which}_side") or "").lower()
    if isinstance(value, str):
        return f"{value.lower()} {side}".strip()
    count = literal_int(value)
    if count is None or count < 0:
        raise refusal(spec, "a frame's edge is a literal number of rows", "write the number out")
    return f"{count} {side}"


def holds_aggregate(node: exp.Expr) -> bool:
    """Whether `node` has an aggregate of its own query in it: not of a subquery, not a window's."""
    if isinstance(node, exp.Query):
        return False
    if isinstance(node, exp.Window):
        return any(holds_aggregate(part) for part in _parts(call_of(node))) or any(
            holds_aggregate(part) for part in _parts(node) if part is not node.this
        )
    call = read_call(node)
    if call is not None and call.name in AGGREGATES:
        return True
    return any(holds_aggregate(part) for part in _parts(node))


def _parts(node: exp.Expr) -> list[exp.Expr]:
    return [part for part in node.iter_expressions() if isinstance(part, exp.Expr)]
