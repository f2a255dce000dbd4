"""How large a whole number can get: what need not be checked for overflow while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from runner.sqltyping.calls import read_call
from runner.sqltyping.functions import literal_int

if TYPE_CHECKING:
    from runner.engines.sqlite_rewrite.expressions import Writer

# more rows, or letters, than a SQLite file can hold
_COUNTED = 2**48
_BOUNDS = {
    "row_number": _COUNTED, "rank": _COUNTED, "dense_rank": _COUNTED, "ntile": _COUNTED,
    "count": _COUNTED, "count_if": _COUNTED, "length": _COUNTED, "instr": _COUNTED, "sign": 1,
    "year": 9999, "month": 12, "day": 31, "hour": 23, "minute": 59, "second": 59,
    "date_part": 9999,
}  # fmt: skip


def bound(writer: Writer, node: exp.Expr) -> int | None:
    """The largest absolute value of a whole number; None where nothing is known of it."""
    written = literal_int(node)
    if written is not None:
        return abs(written)
    if isinstance(node, exp.Paren | exp.Neg | exp.Window | exp.Filter):
        return bound(writer, node.this)
    if isinstance(node, exp.Add | exp.Sub | exp.Mul):
        left, right = bound(writer, node.this), bound(writer, node.expression)
        if left is None or right is None:
            return None
        return left * right if isinstance(node, exp.Mul) else left + right
    if isinstance(node, exp.Column):
        target = writer.typed.target(node)
        return bound(writer, target.alias) if target and target.alias else None
    call = read_call(node)
    return _BOUNDS.get(call.name) if call else None
