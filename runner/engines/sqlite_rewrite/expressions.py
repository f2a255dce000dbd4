"""Every expression: the same value on SQLite, as canonical text where it is a decimal or a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from sqlglot import exp

from runner.engines.sqlite_rewrite import arithmetic, comparisons, text
from runner.engines.sqlite_rewrite.casts import cast, fold, is_implicit
from runner.engines.sqlite_rewrite.refusal import only, refusal
from runner.sqltyping import rules
from runner.sqltyping.expressions import read_type
from runner.sqltyping.infer import Typed
from runner.sqltyping.names import Merged, Target
from runner.sqltyping.types import TEXT, UNKNOWN, Kind, SqlType


class Writer(ABC):
    """Writes expressions of one typed tree as SQLite SQL; anything unknown raises R330."""

    def __init__(self, typed: Typed) -> None:
        self.typed = typed

    @abstractmethod
    def query(self, tree: exp.Expr, wanted: list[SqlType] | None = None) -> str:
        """A whole query, without parentheses, its columns cast to `wanted`."""

    @abstractmethod
    def call(self, node: exp.Expr) -> str | None:
        """A function call; None where `node` is none."""

    @abstractmethod
    def not_exists(self, node: exp.Exists) -> str:
        """`not exists (…)`."""

    def type(self, node: exp.Expr) -> SqlType:
        """The type of `node`, a whole number's width included."""
        return self.typed.marked(node)

    def sql(self, node: exp.Expr) -> str:
        """`node` as a value of its own type."""
        rule = _RULES.get(type(node))
        if rule is not None:
            return rule(self, node)
        called = self.call(node)
        if called is not None:
            return called
        raise refusal(node, f"{node.key.upper()} is not translated", "write it in plainer SQL")

    def atom(self, node: exp.Expr) -> str:
        return text.atom(self.sql(node))

    def to(self, node: exp.Expr, to: SqlType) -> str:
        """`node` as a value of type `to`, by a cast DuckDB would make unasked."""
        had = self.type(node)
        folded = fold(node, to)
        if folded is not None:
            return folded
        if had.kind is Kind.UNKNOWN:
            return self._parameter(node, to)
        if not is_implicit(had, to):
            raise refusal(
                node,
                f"a {rules.plain(had)} stands where a {rules.plain(to)} is expected",
                "cast it explicitly",
            )
        return cast(self.sql(node), node, had, to)

    def cast(self, node: exp.Expr, to: SqlType) -> str:
        """`node` as a value of type `to`, by any cast; as INSERT and an explicit CAST do."""
        folded = fold(node, to)
        if folded is not None:
            return folded
        if self.type(node).kind is Kind.UNKNOWN:
            return self._parameter(node, to)
        return cast(self.sql(node), node, self.type(node), to)

    def _parameter(self, node: exp.Expr, to: SqlType) -> str:
        """A bound value: what must be canonical is made so."""
        if not isinstance(node, exp.Placeholder | exp.Parameter):
            raise refusal(node, "its type is not known", "cast it explicitly")
        bound = self.sql(node)
        if to.kind is Kind.DECIMAL:
            return f"decimal_cast({bound}, {to.precision}, {to.scale})"
        function = {
            Kind.TIMESTAMP: "timestamp_parse",
            Kind.DATE: "date_parse",
            Kind.UUID: "uuid_text",
        }.get(to.kind)
        return f"{function}({bound})" if function else bound

    def condition(self, node: exp.Expr) -> str:
        """`node` as a truth value."""
        if self.type(node).kind not in (Kind.BOOLEAN, Kind.NULL):
            raise refusal(node, f"a {self.typed.of(node)} stands for a condition", "compare it")
        return self.sql(node)

    def text(self, node: exp.Expr) -> str:
        """`node`, which must be text already."""
        if self.type(node).kind not in (Kind.TEXT, Kind.NULL):
            raise refusal(node, f"a {self.typed.of(node)} stands where text is read", "cast it")
        return self.sql(node)

    def sort_key(self, node: exp.Expr, type_: SqlType, sql: str) -> str:
        """An ORDER BY term that sorts as DuckDB sorts the type."""
        if type_.kind is Kind.DECIMAL:
            return f"{text.atom(sql)} collate decimal"
        if type_.kind in (Kind.UNKNOWN, Kind.INTERVAL, Kind.JSON, Kind.BLOB):
            raise refusal(node, f"a {type_} has no order to rely on", "order by something else")
        return sql

    def ordered(self, node: exp.Expr, sql: str | None = None, type_: SqlType | None = None) -> str:
        """One ORDER BY term; DuckDB's NULLS LAST, in either direction, is written out."""
        only(node, "this", "desc", "nulls_first")
        key = self.sort_key(
            node, type_ or self.type(node.this), self.sql(node.this) if sql is None else sql
        )
        direction = " desc" if node.args.get("desc") else ""
        return f"{key}{direction} nulls {'first' if node.args.get('nulls_first') else 'last'}"

    def target(self, target: Target, node: exp.Expr) -> str:
        """A resolved column."""
        if target.merged is not None:
            return self._merged(target.merged, node)
        if target.alias is not None:
            return self.sql(target.alias)
        assert target.source is not None
        column = text.name(target.column)
        return column if target.source.bare else f"{text.name(target.source.name)}.{column}"

    def _merged(self, merged: Merged, node: exp.Expr) -> str:
        if merged.take == "both":
            sides = [self.target(side, node) for side in (merged.left, merged.right)]
            return f"coalesce({', '.join(sides)})"
        return self.target(merged.right if merged.take == "right" else merged.left, node)


def _column(writer: Writer, node: exp.Expr) -> str:
    target = writer.typed.target(node)
    if target is None or writer.type(node) == UNKNOWN:
        raise refusal(node, "the column's type is not known", "name it as the schema does")
    return writer.target(target, node)


def _literal(writer: Writer, node: exp.Expr) -> str:
    assert isinstance(node, exp.Literal)
    if node.is_string:
        return text.string(node.name)
    type_ = writer.type(node)
    if type_.kind is Kind.DECIMAL:
        return fold(node, type_) or ""
    if type_.kind is Kind.HUGEINT:
        raise refusal(node, "SQLite's integers have 64 bits", "write a decimal")
    return node.name.replace("_", "")


def _placeholder(writer: Writer, node: exp.Expr) -> str:
    number = str(node.args.get("this") or "")
    if not number:
        return "?"
    return f"?{number}" if number.isdigit() else f"${number}"


def _paren(writer: Writer, node: exp.Expr) -> str:
    return text.atom(writer.sql(node.this))


def _connector(writer: Writer, node: exp.Expr) -> str:
    word = "and" if isinstance(node, exp.And) else "or"
    sides = []
    for side in (node.this, node.expression):
        shown = writer.condition(side)
        flat = isinstance(side, exp.Connector) and type(side) is type(node)
        looser = isinstance(side, exp.Connector) and not flat
        sides.append(f"({shown})" if looser else shown)
    return f" {word} ".join(sides)


def _not(writer: Writer, node: exp.Expr) -> str:
    inner = node.this
    if isinstance(inner, exp.Is):
        return comparisons.is_(writer, inner, "is not")
    if isinstance(inner, exp.In):
        return comparisons.in_(writer, inner, "not in")
    if isinstance(inner, exp.Exists):
        return writer.not_exists(inner)
    return f"not {text.atom(writer.condition(inner))}"


def _cast(writer: Writer, node: exp.Expr) -> str:
    only(node, "this", "to", "_type")
    to = node.args["to"]
    if to.this is exp.DType.FLOAT:
        raise refusal(node, "SQLite has no float of 32 bits", "cast to double")
    return writer.cast(node.this, read_type(to))


def _try_cast(writer: Writer, node: exp.Expr) -> str:
    only(node, "this", "to", "_type", "requires_string")
    to, had = read_type(node.args["to"]), writer.type(node.this)
    value = writer.sql(node.this)
    if to.kind is Kind.DECIMAL and had.kind in (Kind.TEXT, Kind.INTEGER, Kind.DECIMAL):
        return f"decimal_try_cast({value}, {to.precision}, {to.scale})"
    if to.kind is Kind.INTEGER and had.kind is Kind.TEXT:
        return f"integer_try_cast({value}, {rules.digits_of(to)})"
    raise refusal(
        node, "what else this cast would accept is not certain", "cast, or test the text first"
    )


def _case(writer: Writer, node: exp.Expr) -> str:
    only(node, "this", "ifs", "default", "true", "false")
    type_ = writer.type(node)
    subject = node.this if isinstance(node, exp.Case) else None
    lines = ["case"]
    for when in node.args.get("ifs") or [node]:
        if subject is None:
            test = writer.condition(when.this)
        else:
            test = comparisons.compare(writer, node, subject, when.this, "=")
        lines.append(f"when {test} then {writer.to(when.args['true'], type_)}")
    default = node.args.get("default") or node.args.get("false")
    if default is not None:
        lines.append(f"else {writer.to(default, type_)}")
    lines.append("end")
    flat = " ".join(lines)
    return flat if len(flat) <= 80 and "\n" not in flat else "\n".join(
        [lines[0], *map(text.indent, lines[1:-1]), lines[-1]]
    )  # fmt: skip


def _dpipe(writer: Writer, node: exp.Expr) -> str:
    if writer.type(node).kind is Kind.NULL:
        return "null"
    sides = [text.atom(writer.cast(side, TEXT)) for side in (node.this, node.expression)]
    return " || ".join(sides)


def _subquery(writer: Writer, node: exp.Expr) -> str:
    return text.nested(writer.query(node))


def _exists(writer: Writer, node: exp.Expr) -> str:
    return f"exists {text.nested(writer.query(node.this))}"


def _json_extract(writer: Writer, node: exp.Expr) -> str:
    raise refusal(node, "-> yields JSON, which prints differently", "take text with ->>")


def _clock(writer: Writer, node: exp.Expr) -> str:
    raise refusal(node, "the clock makes a result that cannot be repeated", "pass the moment in")


_RULES: dict[type[exp.Expr], Callable[[Writer, exp.Expr], str]] = {
    exp.Column: _column,
    exp.Literal: _literal,
    exp.Boolean: lambda writer, node: "1" if node.this else "0",
    exp.Null: lambda writer, node: "null",
    exp.Placeholder: _placeholder,
    exp.Parameter: _placeholder,
    exp.Paren: _paren,
    exp.Alias: lambda writer, node: writer.sql(node.this),
    exp.RespectNulls: lambda writer, node: writer.sql(node.this),
    exp.And: _connector,
    exp.Or: _connector,
    exp.Not: _not,
    exp.Neg: arithmetic.negate,
    exp.Add: arithmetic.add,
    exp.Sub: arithmetic.subtract,
    exp.Mul: arithmetic.multiply,
    exp.Div: arithmetic.divide,
    exp.IntDiv: arithmetic.whole_divide,
    exp.Mod: arithmetic.remainder,
    exp.EQ: comparisons.binary,
    exp.NEQ: comparisons.binary,
    exp.LT: comparisons.binary,
    exp.LTE: comparisons.binary,
    exp.GT: comparisons.binary,
    exp.GTE: comparisons.binary,
    exp.NullSafeEQ: comparisons.binary,
    exp.NullSafeNEQ: comparisons.binary,
    exp.Between: comparisons.between,
    exp.In: comparisons.in_,
    exp.Is: comparisons.is_,
    exp.Like: comparisons.like,
    exp.Escape: comparisons.like,
    exp.Cast: _cast,
    exp.TryCast: _try_cast,
    exp.Case: _case,
    exp.If: _case,
    exp.DPipe: _dpipe,
    exp.Subquery: _subquery,
    exp.Select: _subquery,
    exp.Exists: _exists,
    exp.JSONExtract: _json_extract,
    exp.CurrentTimestamp: _clock,
    exp.CurrentDate: _clock,
}
