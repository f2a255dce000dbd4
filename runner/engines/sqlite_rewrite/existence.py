"""NOT EXISTS over equal keys as NOT IN.

SQLite runs a correlated subquery once a row, and makes no index for it as it does for a join: over
a derived table, which has none, that is the product of both tables. What NOT IN reads is sorted
once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from runner.engines.sqlite_rewrite import comparisons, joins, text

if TYPE_CHECKING:
    from runner.engines.sqlite_rewrite.queries import QueryWriter

_PLAIN = {"expressions", "from_", "where"}


def not_among(writer: QueryWriter, node: exp.Exists) -> str | None:
    """`not exists (…)`, whose WHERE compares keys of one table for equality; else None."""
    tree = node.this
    if not isinstance(tree, exp.Select) or not tree.args.get("where"):
        return None
    if any(value for key, value in tree.args.items() if key not in _PLAIN):
        return None
    table = tree.args["from_"].this
    source = writer.typed.source(table) if isinstance(table, exp.Table) else None
    if source is None:
        return None
    keys: list[tuple[str, str]] = []
    conditions: list[str] = []
    for part in _conjuncts(tree.args["where"].this):
        pair = _pair(writer, part, source.name)
        if pair is not None:
            type_ = comparisons.common(writer, part, list(pair))
            keys.append((writer.to(pair[0], type_), writer.to(pair[1], type_)))
        elif _reads(writer, part) == {source.name}:
            shown = writer.condition(part)
            conditions.append(f"({shown})" if isinstance(part, exp.Or) else shown)
        else:
            return None
    if not keys:
        return None
    inner, outer = ([text.atom(key[side]) for key in keys] for side in (0, 1))
    where = "\n    and ".join([*(f"{key} is not null" for key in inner), *conditions])
    query = f"select {', '.join(inner)}\nfrom {joins.source(writer, table)}\nwhere {where}"
    sought = outer[0] if len(outer) == 1 else f"({', '.join(outer)})"
    nulls = " or ".join(f"{key} is null" for key in outer)
    return f"({nulls} or {sought} not in {text.nested(query)})"


def _conjuncts(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.And):
        return [*_conjuncts(node.this), *_conjuncts(node.expression)]
    return [node]


def _pair(writer: QueryWriter, part: exp.Expr, name: str) -> tuple[exp.Expr, exp.Expr] | None:
    """The sides of an equation of a column of `name` with something that does not read it."""
    if not isinstance(part, exp.EQ):
        return None
    for inner, outer in ((part.this, part.expression), (part.expression, part.this)):
        reads = _reads(writer, outer)
        if (
            isinstance(inner, exp.Column)
            and _reads(writer, inner) == {name}
            and reads
            and name not in reads
        ):
            return inner, outer
    return None


def _reads(writer: QueryWriter, node: exp.Expr) -> set[str]:
    """The tables that an expression's columns are of; "" stands for what is not so simple."""
    if node.find(exp.Query, exp.AggFunc, exp.Window):
        return {""}
    targets = [writer.typed.target(column) for column in node.find_all(exp.Column)]
    return {t.source.name if t is not None and t.source is not None else "" for t in targets}
