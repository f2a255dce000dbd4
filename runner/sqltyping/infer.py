"""Static types for DuckDB SQL: of every expression, and of the columns a statement yields."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from runner.sqltyping import rules
from runner.sqltyping.names import Item, Problem, Schema, Scope, Source, Target
from runner.sqltyping.queries import QueryTyper
from runner.sqltyping.types import UNKNOWN, SqlType


@dataclass(frozen=True)
class Typed:
    """A tree and what inference found out about it; keys are nodes of that very tree."""

    tree: exp.Expr
    columns: list[tuple[str, SqlType]]
    problems: list[Problem]
    typer: QueryTyper

    def of(self, node: exp.Expr) -> SqlType:
        """The type of an expression; UNKNOWN for one that was not reached."""
        return rules.plain(self.marked(node))

    def marked(self, node: exp.Expr) -> SqlType:
        """As `of`, with inference's own marks still on: see rules.py."""
        return self.typer.types.get(id(node), UNKNOWN)

    def target(self, column: exp.Expr) -> Target | None:
        """What a column reference stands for."""
        return self.typer.targets.get(id(column))

    def items(self, query: exp.Expr) -> list[Item]:
        """The output columns of a query of the tree, stars expanded."""
        return self.typer.items.get(id(query), [])

    def scope(self, select: exp.Expr) -> Scope:
        return self.typer.scopes[id(select)]

    def source(self, node: exp.Expr) -> Source | None:
        """The source that a table or subquery in FROM is."""
        return self.typer.froms.get(id(node))


def infer(tree: exp.Expr, schema: Schema) -> Typed:
    """Type a query: every expression of it, and its output columns.

    `schema` gives lower-case table names their columns in order. Never raises over the SQL:
    what is not known is UNKNOWN, with the reason in `problems`.
    """
    typer = QueryTyper(schema)
    items = typer.query(tree, None)
    columns = [(item.name, rules.plain(item.type_)) for item in items]
    return Typed(tree, columns, typer.problems, typer)


def infer_expression(
    node: exp.Expr, source: Source, schema: Schema, typer: QueryTyper | None = None
) -> Typed:
    """Type an expression over the columns of one table, such as a CHECK or a DELETE's WHERE."""
    typer = typer or QueryTyper(schema)
    typer.expr(node, Scope(sources={source.name: source}))
    return Typed(node, [], typer.problems, typer)
