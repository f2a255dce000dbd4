"""The type of every expression, bottom up."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from sqlglot import exp

from runner.sqltyping import rules
from runner.sqltyping.calls import Call, read_call
from runner.sqltyping.functions import FUNCTIONS
from runner.sqltyping.names import Item, Problem, Scope, Target
from runner.sqltyping.types import (
    BOOLEAN,
    DOUBLE,
    INTERVAL,
    JSON,
    NULL,
    TEXT,
    UNKNOWN,
    Kind,
    SqlType,
    parse_type,
)

_WIDTHS = {
    exp.DType.TINYINT: 3,
    exp.DType.SMALLINT: 5,
    exp.DType.INT: rules.INT_DIGITS,
    exp.DType.BIGINT: rules.BIGINT_DIGITS,
}

_CONDITIONS = (
    exp.And, exp.Or, exp.Not, exp.Is, exp.Like, exp.Exists, exp.NullSafeEQ, exp.NullSafeNEQ,
    exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.In, exp.Escape, exp.ILike,
)  # fmt: skip


def read_type(to: exp.DataType) -> SqlType:
    """The type a cast or a column definition names, a whole number's width kept."""
    digits = _WIDTHS.get(to.this)
    if digits is not None:
        return SqlType(Kind.INTEGER, digits)
    if to.this in (exp.DType.TEXT, exp.DType.VARCHAR, exp.DType.CHAR):
        return TEXT
    return parse_type(to.sql("duckdb").lower())


class ExpressionTyper(ABC):
    """Types expressions; what a subquery yields is left to the subclass.

    Nothing here raises over the SQL: what cannot be typed becomes UNKNOWN and a Problem.
    """

    def __init__(self) -> None:
        self.types: dict[int, SqlType] = {}
        self.targets: dict[int, Target] = {}
        self.bound: dict[int, SqlType] = {}  # what a lambda's parameter stands for
        self.problems: list[Problem] = []
        # types are kept by id(): nodes made here must live as long as the result
        self.kept: list[exp.Expr] = []

    @abstractmethod
    def query(self, tree: exp.Expr, parent: Scope | None) -> list[Item]:
        """Type a query found inside an expression."""

    def problem(self, node: exp.Expr, why: str) -> SqlType:
        self.problems.append(Problem(node, why))
        return UNKNOWN

    def expr(self, node: exp.Expr, scope: Scope) -> SqlType:
        """Type `node` and everything in it."""
        type_ = self._expr(node, scope)
        self.types[id(node)] = type_
        return type_

    def _expr(self, node: exp.Expr, scope: Scope) -> SqlType:
        rule = _RULES.get(type(node))
        if rule is not None:
            return rule(self, node, scope)
        call = read_call(node)
        if call is not None:
            return self._call(node, call, scope)
        if isinstance(node, _CONDITIONS):
            self.children(node, scope)
            return BOOLEAN
        self.children(node, scope)
        return self.problem(node, f"the type of {node.sql('duckdb')} is not known")

    def children(self, node: exp.Expr, scope: Scope) -> None:
        """Type what stands directly inside `node`."""
        for child in node.iter_expressions():
            if isinstance(child, exp.Query) and isinstance(node, exp.Exists):
                self.query(child, scope)
            elif isinstance(child, exp.Expr) and not isinstance(child, _NOT_VALUES):
                self.expr(child, scope)

    def _call(self, node: exp.Expr, call: Call, scope: Scope) -> SqlType:
        types = [
            rules.BIGINT if isinstance(arg, exp.Star) else self.expr(arg, scope)
            for arg in call.args
        ]
        for ordered in call.order:
            self.expr(ordered.this, scope)
        rule = FUNCTIONS.get(call.name)
        if rule is None:
            return self.problem(node, f"the function {call.name} is not known")
        shown = node.sql("duckdb") if not types else ""
        try:
            type_ = rule(types, call.args)
        except IndexError:
            return self.problem(node, f"{shown or call.name} lacks an argument")
        if type_ is None:
            given = ", ".join(str(rules.plain(t)) for t in types)
            return self.problem(node, f"{call.name} of ({given}) has no exact type")
        return type_

    def merge(
        self,
        node: exp.Expr,
        types: Sequence[SqlType],
        how: Callable[[list[SqlType]], SqlType | None] = rules.unify_all,
    ) -> SqlType:
        found = how(list(types))
        if found is None:
            given = ", ".join(sorted({str(rules.plain(t)) for t in types}))
            return self.problem(node, f"{given} cannot be mixed in {node.sql('duckdb')}")
        return found


def _literal(typer: ExpressionTyper, node: exp.Expr, scope: Scope) -> SqlType:
    assert isinstance(node, exp.Literal)
    return rules.STRING_LITERAL if node.is_string else rules.number_literal_type(node.name)


def _column(typer: ExpressionTyper, node: exp.Expr, scope: Scope) -> SqlType:
    assert isinstance(node, exp.Column)
    found = scope.find(node, typer.types)
    if isinstance(found, str):
        return typer.problem(node, found)
    typer.targets[id(node)] = found[0]
    return found[1]


def _inner(typer: ExpressionTyper, node: exp.Expr, scope: Scope) -> SqlType:
    return typer.expr(node.this, scope)


def _typed_children(type_: SqlType) -> _Rule:
    def rule(typer: ExpressionTyper, node: exp.Expr, scope: Scope) -> SqlType:
        typer.children(node, scope)
        return type_

    return rule


def _cast(typer: ExpressionTyper, node: exp.Expr, scope: Scope) -> SqlType:
    typer.expr(node.this, scope)
    to = read_type(node.args["to"])
    if to.kind is Kind.UNKNOWN:
        return typer.problem(node, f"the type {node.args['to'].sql('duckdb')} is not supported")
    return to


def _binary(
    how: Callable[[SqlType, SqlType], SqlType | None],
) -> _Rule:
    def rule(typer: ExpressionTyper, node: exp.Expr, scope: Scope) -> SqlType:
        left, right = typer.expr(node.this, scope), typer.expr(node.expression, scope)
        return typer.merge(node, [left, right], lambda types: how(types[0], types[1]))

    return rule


def _whole_divide(left: SqlType, right: SqlType) -> SqlType | None:
    number = rules.unify(left, right)
    if number is None or number.kind is Kind.UNKNOWN:
        return number
    return number if rules.is_whole(number) else DOUBLE


def _joined(left: SqlType, right: SqlType) -> SqlType | None:
    return NULL if NULL in (left, right) else TEXT


def _divide(left: SqlType, right: SqlType) -> SqlType | None:
    return DOUBLE


def _case(typer: ExpressionTyper, node: exp.Expr, scope: Scope) -> SqlType:
    if node.args.get("this") is not None and isinstance(node, exp.Case):
        typer.expr(node.this, scope)
    branches: list[SqlType] = []
    for when in node.args.get("ifs") or [node]:
        typer.expr(when.this, scope)
        branches.append(typer.expr(when.args["true"], scope))
        typer.types[id(when)] = branches[-1]
    default = node.args.get("default") or node.args.get("false")
    if default is not None:
        branches.append(typer.expr(default, scope))
    return typer.merge(node, branches)


def _scalar_query(typer: ExpressionTyper, node: exp.Expr, scope: Scope) -> SqlType:
    items = typer.query(node, scope)
    if len(items) != 1:
        return typer.problem(node, "a subquery used as a value must have one column")
    return items[0].type_


def _in(typer: ExpressionTyper, node: exp.Expr, scope: Scope) -> SqlType:
    typer.expr(node.this, scope)
    for member in node.expressions:
        typer.expr(member, scope)
    if node.args.get("query") is not None:
        typer.query(node.args["query"], scope)
    for key in ("unnest", "field"):
        if node.args.get(key) is not None:
            typer.problem(node, "IN takes a list or a query")
    return BOOLEAN


def _window(typer: ExpressionTyper, node: exp.Expr, scope: Scope) -> SqlType:
    for part in node.args.get("partition_by") or []:
        typer.expr(part, scope)
    if node.args.get("order") is not None:
        for ordered in node.args["order"].expressions:
            typer.expr(ordered.this, scope)
    if isinstance(node.this, exp.Identifier):  # a definition: window w as (…)
        return UNKNOWN
    return typer.expr(node.this, scope)


def _filter(typer: ExpressionTyper, node: exp.Expr, scope: Scope) -> SqlType:
    typer.expr(node.expression.this, scope)
    return typer.expr(node.this, scope)


def _negate(typer: ExpressionTyper, node: exp.Expr, scope: Scope) -> SqlType:
    type_ = typer.expr(node.this, scope)
    # -9223372036854775808 is read as the negation of a number one too large for 64 bits
    known = rules.is_numeric(type_) or type_.kind in (Kind.UNKNOWN, Kind.INTERVAL, Kind.NULL)
    return type_ if known else typer.problem(node, f"{type_} has no negative")


def _let(typer: ExpressionTyper, node: exp.Expr, scope: Scope) -> SqlType:
    """`list_transform([[a, b]], lambda v: v[1] // v[2])[1]`: what is made of some values."""
    if id(node) in typer.bound:
        return typer.bound[id(node)]
    made = node.this
    rows = made.this.expressions if isinstance(made, exp.Transform) else []
    if len(rows) != 1 or not isinstance(rows[0], exp.Array) or not _is_first(node):
        typer.children(node, scope)
        return typer.problem(node, f"the type of {node.sql('duckdb')} is not known")
    element = typer.merge(rows[0], [typer.expr(v, scope) for v in rows[0].expressions])
    typer.types[id(rows[0])] = element  # of each in the list
    function = made.expression
    for part in function.this.find_all(exp.Bracket):
        if isinstance(part.this, exp.Identifier) and part.this in function.expressions:
            typer.bound[id(part)] = element
    return typer.expr(function.this, scope)


def _is_first(node: exp.Expr) -> bool:
    """Whether a bracket takes the first; sqlglot counts from 0."""
    return [place.name for place in node.expressions] == ["0"]


def _parameter(typer: ExpressionTyper, node: exp.Expr, scope: Scope) -> SqlType:
    return UNKNOWN


_Rule = Callable[[ExpressionTyper, exp.Expr, Scope], SqlType]
_NOT_VALUES = (exp.DataType, exp.Identifier, exp.Var, exp.Star, exp.TableAlias)
_RULES: dict[type[exp.Expr], _Rule] = {
    exp.Literal: _literal,
    exp.Column: _column,
    exp.Paren: _inner,
    exp.Alias: _inner,
    exp.IgnoreNulls: _inner,
    exp.RespectNulls: _inner,
    exp.Null: lambda typer, node, scope: NULL,
    exp.Boolean: lambda typer, node, scope: BOOLEAN,
    exp.Interval: _typed_children(INTERVAL),
    exp.Placeholder: _parameter,
    exp.Parameter: _parameter,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Neg: _negate,
    exp.Add: _binary(rules.add_type),
    exp.Sub: _binary(lambda left, right: rules.add_type(left, right, minus=True)),
    exp.Mul: _binary(rules.multiply_type),
    exp.Div: _binary(_divide),
    exp.IntDiv: _binary(_whole_divide),
    exp.Mod: _binary(rules.remainder_type),
    exp.DPipe: _binary(_joined),
    exp.JSONExtract: _typed_children(JSON),
    exp.Bracket: _let,
    exp.Case: _case,
    exp.If: _case,
    exp.In: _in,
    exp.Window: _window,
    exp.Filter: _filter,
    exp.Subquery: _scalar_query,
    exp.Select: _scalar_query,
}
