"""FROM: tables, subqueries, joins, USING and ASOF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from runner.engines.sqlite_rewrite import comparisons, text
from runner.engines.sqlite_rewrite.refusal import only, refusal
from runner.sqltyping import rules
from runner.sqltyping.names import Source
from runner.sqltyping.types import SqlType

if TYPE_CHECKING:
    from runner.engines.sqlite_rewrite.queries import QueryWriter


def from_clause(writer: QueryWriter, tree: exp.Select) -> list[str]:
    """The lines from FROM to the last join's condition."""
    from_ = tree.args.get("from_")
    if from_ is None:
        return []
    only(from_, "this")
    lines = [f"from {source(writer, from_.this)}"]
    for join in tree.args.get("joins") or []:
        lines += _join(writer, join, tree)
    return lines


def source(writer: QueryWriter, node: exp.Expr) -> str:
    """A table or subquery, by the name the query has for it."""
    known = writer.typed.source(node)
    if known is None:
        raise refusal(node, "it is not a table or a subquery", "select from a table")
    name = text.name(known.name)
    if isinstance(node, exp.Table):
        only(node, "this", "db", "alias")
        if node.args.get("alias") is not None and node.args["alias"].columns:
            raise refusal(node, "a table's columns are renamed", "rename them in a subquery")
        table = text.name(node.name)
        if node.db:
            table = f"{text.name(node.db)}.{table}"
        elif known.is_stored and _is_shadowed(node):
            # DuckDB's `with t as (select * from t)` reads the table; SQLite sees a circle
            table = f"main.{table}"
        return table if table == name else f"{table} as {name}"
    if isinstance(node, exp.Subquery):
        only(node, "this", "alias", "with_")
        shown = writer.query(_inner(node), names=list(known.columns))
        return f"{text.nested(shown)} as {name}"
    if isinstance(node, exp.Values):
        only(node, "expressions", "alias")
        listed = ", ".join(text.name(column) for column in known.columns)
        shown = f"with rows_({listed}) as (\n{text.indent(writer.query(node))}\n)"
        return f"{text.nested(f'{shown}{chr(10)}select * from rows_')} as {name}"
    raise refusal(node, f"{node.key.upper()} in FROM is not translated", "use a subquery")


def _is_shadowed(node: exp.Table) -> bool:
    """Whether a CTE of the whole statement has the table's name."""
    name = node.name.lower()
    return any(cte.alias.lower() == name for cte in node.root().find_all(exp.CTE))


def _inner(node: exp.Subquery) -> exp.Expr:
    if node.args.get("with_"):
        raise refusal(node, "WITH before a parenthesis", "put it inside")
    inner: exp.Expr = node.this
    return inner


def _join(writer: QueryWriter, join: exp.Expr, tree: exp.Select) -> list[str]:
    only(join, "this", "on", "using", "side", "kind", "method")
    side, kind = join.args.get("side") or "", join.args.get("kind") or ""
    if join.args.get("method") == "ASOF":
        return _asof(writer, join)
    if join.args.get("method") or kind not in ("", "INNER", "OUTER", "CROSS"):
        raise refusal(join, "this kind of join is not translated", "use exists, or inner or left")
    word = f"{side.lower()} join" if side else ("cross join" if kind == "CROSS" else "join")
    lines = [f"{word} {source(writer, join.this)}"]
    test = _condition(writer, join)
    return [*lines, *([f"    on {test}"] if test else [])]


def _condition(writer: QueryWriter, join: exp.Expr) -> str:
    """ON as it is; USING as the equalities it stands for."""
    if join.args.get("on") is not None:
        return writer.conditions(join.args["on"]).replace("\n    and ", "\n        and ")
    return "\n        and ".join(_equalities(writer, join))


def _equalities(writer: QueryWriter, join: exp.Expr) -> list[str]:
    select = join.parent
    assert select is not None
    known = writer.typed.source(join.this)
    shown = []
    for key in join.args.get("using") or []:
        # each join's own pair of sides: a later one of the same name stands on an earlier one
        merged = writer.typed.scope(select).merged.get(key.name.lower())
        while merged is not None and merged.right.source is not known:
            merged = merged.left.merged
        if merged is None or known is None:
            raise refusal(join, f"USING ({key.name}) is not resolved", "write ON")
        right = known.columns[key.name.lower()]
        left = _type_of_left(writer, join, key.name.lower())
        if rules.plain(left) != rules.plain(right):
            raise refusal(
                join, f"USING ({key.name}) joins a {left} to a {right}", "write ON with a cast"
            )
        sides = [writer.target(one, join) for one in (merged.left, merged.right)]
        shown.append(" = ".join(sides))
    return shown


def _type_of_left(writer: QueryWriter, join: exp.Expr, name: str) -> SqlType:
    select = join.parent
    assert select is not None
    known = writer.typed.source(join.this)
    merged = writer.typed.scope(select).merged[name]
    while merged.right.source is not known and merged.left.merged is not None:
        merged = merged.left.merged
    if merged.left.merged is not None:
        return merged.left.merged.type_
    assert merged.left.source is not None
    return merged.left.source.columns[name]


def _asof(writer: QueryWriter, join: exp.Expr) -> list[str]:
    """ASOF as a join to the row before the next one: each row is given its successor's time."""
    side = (join.args.get("side") or "").lower()
    known = writer.typed.source(join.this)
    if join.args.get("using") or side not in ("", "left") or known is None:
        raise refusal(join, "only ASOF [LEFT] JOIN … ON is translated", "write ON")
    equal, last = _asof_parts(join.args["on"], join)
    keys = [_side_of(writer, test, known)[1] for test in equal]
    early, late = _side_of(writer, last, known)
    if not (isinstance(late, exp.Column) and all(isinstance(key, exp.Column) for key in keys)):
        raise refusal(join, "its right sides are not plain columns", "name columns")
    operator = _asof_operator(last, late)
    time = text.name(late.name.lower())
    order = writer.sort_key(late, writer.type(late), time)
    parts = [f"partition by {', '.join(text.name(k.name.lower()) for k in keys)} " if keys else ""]
    columns = ", ".join(text.name(column) for column in known.columns)
    name = text.name(known.name)
    inner = (
        f"select {columns}, lead({time}) over ({parts[0]}order by {order}) as next_\n"
        f"from {source(writer, join.this)}\nwhere {time} is not null"
    )
    type_ = comparisons.common(writer, join, [early, late])
    if rules.plain(type_) != rules.plain(writer.type(late)):
        raise refusal(join, "its times are of different types", "cast the left one")
    before = {">=": "<", ">": "<="}[operator]
    value = writer.to(early, type_)
    tests = [*(writer.condition(test) for test in equal), writer.condition(last)]
    until = comparisons.at(writer, join, value, f"{name}.next_", before, type_)
    tests.append(f"({name}.next_ is null or {until})")
    word = "left join" if side else "join"
    condition = "\n        and ".join(tests)
    return [f"{word} {text.nested(inner)} as {name}", f"    on {condition}"]


def _asof_parts(on: exp.Expr, join: exp.Expr) -> tuple[list[exp.Expr], exp.Expr]:
    tests = list(on.flatten()) if isinstance(on, exp.And) else [on]
    last = [test for test in tests if isinstance(test, exp.GTE | exp.GT | exp.LTE | exp.LT)]
    equal: list[exp.Expr] = [test for test in tests if isinstance(test, exp.EQ)]
    if len(last) != 1 or len(equal) + 1 != len(tests):
        raise refusal(join, "ASOF takes equalities and one >= or >", "write it so")
    return equal, last[0]


def _side_of(writer: QueryWriter, test: exp.Expr, right: Source) -> tuple[exp.Expr, exp.Expr]:
    """The two sides of a test: of the tables before, and of the table joined."""

    def is_right(node: exp.Expr) -> bool:
        targets = [writer.typed.target(column) for column in node.find_all(exp.Column)]
        return any(target is not None and target.source is right for target in targets)

    left_is, right_is = is_right(test.this), is_right(test.expression)
    if left_is == right_is:
        raise refusal(test, "each side must be of one table", "compare a column of each")
    return (test.expression, test.this) if left_is else (test.this, test.expression)


def _asof_operator(test: exp.Expr, late: exp.Expr) -> str:
    """The operator, read as `earlier table OP joined table`."""
    straight: dict[type[exp.Expr], str] = {exp.GTE: ">=", exp.GT: ">"}
    turned: dict[type[exp.Expr], str] = {exp.LTE: ">=", exp.LT: ">"}
    found = (straight if test.expression is late else turned).get(type(test))
    if found is None:
        raise refusal(test, "the joined row must be the one before", "write a.ts >= b.ts")
    return found
