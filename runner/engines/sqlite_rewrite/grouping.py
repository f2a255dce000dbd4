"""Keeps SQLite from its leniency: a column that is neither grouped nor aggregated is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from runner.engines.sqlite_rewrite.refusal import refusal
from runner.sqltyping.calls import AGGREGATES, function_of, read_call
from runner.sqltyping.names import Scope, Target

if TYPE_CHECKING:
    from runner.engines.sqlite_rewrite.expressions import Writer


def check_grouped(writer: Writer, node: exp.Expr, groups: set[str], scope: Scope) -> None:
    """Raise unless every column of this SELECT in `node` is grouped by, or in an aggregate.

    `groups` are the GROUP BY expressions as SQLite SQL.
    """
    if isinstance(node, exp.Query):
        for column in node.find_all(exp.Column):
            check_grouped(writer, column, groups, scope)
        return
    if isinstance(node, exp.Column):
        target = writer.typed.target(node)
        if target is None or not _is_ours(target, scope) or writer.sql(node) in groups:
            return
        if target.alias is not None:
            check_grouped(writer, target.alias, groups, scope)
            return
        raise refusal(
            node, "the column is neither grouped by nor aggregated", "group by it, or any_value(…)"
        )
    if groups and _is_grouped(writer, node, groups):
        return
    if isinstance(node, exp.Window):
        _check_window(writer, node, groups, scope)
        return
    call = read_call(node if isinstance(node, exp.Window) else function_of(node))
    if call is not None and call.name in AGGREGATES:
        return
    for part in node.iter_expressions():
        check_grouped(writer, part, groups, scope)


def _check_window(writer: Writer, node: exp.Expr, groups: set[str], scope: Scope) -> None:
    """A window runs over the groups: its function's arguments must be of them."""
    parts = list(function_of(node).iter_expressions())
    parts += [part for part in node.iter_expressions() if part is not node.this]
    for part in parts:
        check_grouped(writer, part, groups, scope)


def _is_grouped(writer: Writer, node: exp.Expr, groups: set[str]) -> bool:
    if not isinstance(node, exp.Condition) or isinstance(node, exp.Window | exp.Literal):
        return False
    return id(node) in writer.typed.typer.types and writer.sql(node) in groups


def _is_ours(target: Target, scope: Scope) -> bool:
    if target.merged is not None:
        return any(merged is target.merged for merged in scope.merged.values())
    if target.alias is not None:
        return any(alias is target.alias for alias in scope.aliases.values())
    return any(source is target.source for source in scope.sources.values())
