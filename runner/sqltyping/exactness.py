"""Finds the places where DuckDB would turn exact money into a binary float, or round it unasked.

The lint is tolerant: what it cannot type, it passes over, but for what the database then makes a
float of (`Looked.as_made`). SQL that mixes DOUBLE and DECIMAL is found wherever the two meet; a
ratio of explicit doubles (`cast(x as double) / y`) is fine as long as it does not flow back into a
decimal, and so is a function of one (`sqrt(cast(x as double))`).

What brings several decimals to one type (a union, a case, coalesce) keeps the most whole digits and
lets decimals go once 38 digits do not hold both: a sum, which is of 38 digits, with two decimals
rounds whatever stands beside it to cents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from sqlglot import exp
from sqlglot.errors import SqlglotError

from runner.sqltyping import float_functions
from runner.sqltyping.calls import Call, read_call
from runner.sqltyping.infer import Typed, infer
from runner.sqltyping.names import Schema
from runner.sqltyping.parsing import line_of, parse
from runner.sqltyping.types import Kind, SqlType

_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Mod)
_COMPARISONS = (
    exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ,
)  # fmt: skip
_UNIFYING = {"coalesce", "greatest", "least", "nullif"}
_WITH_DEFAULT = {"lag", "lead"}
_MEAN = "write {{ divide(sum, count) }} with the sum and the count"
_DIVIDE = "write {{ divide(a, b) }}, or cast both to double where a ratio is wanted"
_UNFOLLOWED = "it is a float, made of what cannot be followed"
_CAST = "cast what it is made of to a decimal, or to double where a float is wanted"


@dataclass(frozen=True)
class Finding:
    """One inexact place: the SQL text at fault, its 1-based line, why, and what to write."""

    sql: str
    line: int
    why: str
    mend: str
    rounds: bool = False  # it stays a decimal, of fewer digits
    is_doubtful: bool = False  # of what may be money, and cannot be followed

    @property
    def what(self) -> str:
        """What it would do."""
        return "round exact money" if self.rounds else "turn exact money into a binary float"

    @property
    def mend_without_macros(self) -> str:
        """What to write in a query, which is no template."""
        return "cast both to double" if self.mend in (_MEAN, _DIVIDE) else self.mend

    def __str__(self) -> str:
        return f"line {self.line}: `{self.sql}`: {self.why}; {self.mend}"


@dataclass(frozen=True)
class Looked:
    """What came of looking: `findings`, and what is known of the columns that a statement gives.

    `outputs` are those columns (none where the statement cannot be read): a name in small letters,
    and the expression if it may be made of money, though nobody can tell how.
    """

    findings: list[Finding]
    outputs: tuple[tuple[str, exp.Expr | None], ...] = ()

    def as_made(self, columns: Mapping[str, bool]) -> list[Finding]:
        """Of a relation's columns that are floats (True), those that nobody is known to want."""
        found = []
        by_name = dict(self.outputs)
        for place, (column, is_float) in enumerate(columns.items()):
            if not is_float:
                continue
            name = column.lower()
            if name not in by_name and len(columns) == len(self.outputs):
                name = self.outputs[place][0]  # the database has a name of its own for it
            node = by_name.get(name)
            if node is not None:
                found.append(_finding(node, f"as {column}, {_UNFOLLOWED}", _CAST))
            elif name not in by_name:
                found.append(Finding(column, 1, _UNFOLLOWED, _CAST))
        return found


def check_exact(sql: str, schema: Schema) -> list[Finding]:
    """Every place in one DuckDB statement where a decimal becomes, or meets, a float.

    SQL that cannot be parsed, and parts that cannot be typed, give no finding.
    """
    return [found for found in look_at(sql, schema).findings if not found.is_doubtful]


def look_at(sql: str, schema: Schema) -> Looked:
    """Likewise, with what is doubtful, and what is known of the columns it gives."""
    try:
        tree = parse(sql)
    except SqlglotError:
        return Looked([])
    body = tree.expression if isinstance(tree, exp.Insert | exp.Create) else tree
    if not isinstance(body, exp.Query | exp.Values):
        return Looked([])
    typed = infer(body, schema)
    findings = [found for node in body.walk() for found in _look(typed, node)]
    if isinstance(tree, exp.Insert):
        findings.extend(_look_at_insert(tree, typed, schema))
    findings.sort(key=lambda finding: finding.line)
    outputs = tuple(
        (item.name.lower(), item.node if _is_unfollowed(typed, item.node, item.type_) else None)
        for item in typed.items(body)
    )
    return Looked(findings, outputs)


def _is_unfollowed(typed: Typed, node: exp.Expr, type_: SqlType) -> bool:
    """Whether nobody can tell its type, and it may be made of decimals: of a list of them, say."""
    if not _is(type_, Kind.UNKNOWN):
        return False
    inside = node.find_all(exp.Column, exp.Query, exp.Star)
    return any(typed.of(part).kind in (Kind.UNKNOWN, Kind.DECIMAL) for part in inside)


def _look(typed: Typed, node: exp.Expr) -> Iterator[Finding]:
    if isinstance(node, exp.Div | exp.IntDiv):
        yield from _division(typed, node)
    elif isinstance(node, _ARITHMETIC):
        yield from _arithmetic(typed, node)
    elif isinstance(node, exp.Cast | exp.TryCast):
        if _is(typed.of(node), Kind.DECIMAL) and _is(typed.of(node.this), Kind.DOUBLE):
            yield _finding(node, "a double is cast to a decimal", "keep the value a decimal")
    elif isinstance(node, _COMPARISONS):
        yield from _compared(typed, node, [node.this, node.expression])
    elif isinstance(node, exp.Between):
        yield from _compared(typed, node, [node.this, node.args["low"], node.args["high"]])
    elif isinstance(node, exp.In):
        yield from _membership(typed, node)
    elif isinstance(node, exp.Case | exp.If) and not isinstance(node.parent, exp.Case):
        yield from _mixed(typed, node, _branches(node), "branches of one case")
        yield from _rounded(typed, node, _branches(node))
    elif isinstance(node, exp.Array):
        yield from _mixed(typed, node, node.expressions, "in one list")
        yield from _rounded(typed, node, node.expressions)
    elif isinstance(node, exp.SetOperation):
        yield from _set_operation(typed, node)
    elif isinstance(node, exp.Values):
        yield from _rows_of_values(typed, node)
    elif isinstance(node, exp.Func):
        yield from _function(typed, node)


def _division(typed: Typed, node: exp.Expr) -> Iterator[Finding]:
    sides = [typed.of(node.this), typed.of(node.expression)]
    explicit = any(_is(side, Kind.DOUBLE) for side in sides)
    if any(_is(side, Kind.DECIMAL) for side in sides) and not explicit:
        operator = "//" if isinstance(node, exp.IntDiv) else "/"
        yield _finding(node, f"a decimal divided with {operator} becomes a double", _DIVIDE)
    elif isinstance(node, exp.Div) and not explicit:  # // of whole numbers is one
        yield from _doubts(typed, node, [node.this, node.expression])


def _arithmetic(typed: Typed, node: exp.Expr) -> Iterator[Finding]:
    sides = [node.this, node.expression]
    if any(isinstance(s, exp.Literal) and s.is_string for s in sides) and any(
        _is(typed.of(side), Kind.DECIMAL) for side in sides
    ):
        yield _finding(node, "a decimal combined with text becomes a double", "cast the text")
        return
    found = list(_mixed(typed, node, sides, "combined"))
    yield from found
    remainder = isinstance(node, exp.Mod) and _is(typed.of(node), Kind.DOUBLE)
    if remainder and not found and any(_is(typed.of(side), Kind.DECIMAL) for side in sides):
        yield _finding(
            node, "no decimal holds both sides of %, so it becomes a double", "cast to one scale"
        )


def _membership(typed: Typed, node: exp.Expr) -> Iterator[Finding]:
    types = [typed.of(member) for member in (node.this, *node.expressions)]
    query = node.args.get("query")
    if query is not None:
        types.extend(item.type_ for item in typed.items(query))
    yield from _mixed_types(node, [node.this, *node.expressions], types, "compared")
    yield from _rounded_texts(typed, [node.this, *node.expressions])


def _set_operation(typed: Typed, node: exp.SetOperation) -> Iterator[Finding]:
    for one, other in zip(typed.items(node.this), typed.items(node.expression), strict=False):
        types = [one.type_, other.type_]
        yield from _mixed_types(other.node, [one.node, other.node], types, "rows of one union")
    for made, *sides in zip(
        typed.items(node), typed.items(node.this), typed.items(node.expression), strict=False
    ):
        for side in sides:
            yield from _rounded_to(side.node, side.type_, made.type_)


def _rows_of_values(typed: Typed, node: exp.Values) -> Iterator[Finding]:
    for row in node.expressions:
        for made, cell in zip(typed.items(node), row.expressions, strict=False):
            yield from _rounded_to(cell, typed.of(cell), made.type_)


def _function(typed: Typed, node: exp.Expr) -> Iterator[Finding]:
    call = read_call(node)
    if call is None:
        return
    if call.name == "avg" and call.args:
        if _is(typed.of(call.args[0]), Kind.DECIMAL):
            yield _finding(node, "avg of a decimal is a double", _MEAN)
        else:
            yield from _doubts(typed, node, call.args)
    elif call.name in float_functions.NAMES:
        yield from _float_function(typed, node, call)
    elif call.name in _UNIFYING:
        yield from _mixed(typed, node, call.args, f"arguments of {call.name}")
        if call.name != "nullif":  # which only compares with the second
            yield from _rounded(typed, node, call.args)
    elif call.name in _WITH_DEFAULT:
        yield from _rounded(typed, node, [call.args[0], *call.args[2:]])


def _float_function(typed: Typed, node: exp.Expr, call: Call) -> Iterator[Finding]:
    """Fine of constants, and where an argument says that a float is wanted, as in a ratio."""
    explicit = any(_is(typed.of(arg), Kind.DOUBLE) for arg in call.args)
    money = [a for a in call.args if _is(typed.of(a), Kind.DECIMAL) and _reads_data(a)]
    if money and not explicit:
        wanted = money[0].sql("duckdb", comments=False)
        yield _finding(
            node,
            f"{call.name} of a decimal is a double",
            _MEAN
            if call.name in float_functions.MEANS
            else f"write cast({wanted} as double) in it where a float is wanted",
        )
    elif not explicit:
        yield from _doubts(typed, node, call.args)


def _reads_data(node: exp.Expr) -> bool:
    return node.find(exp.Column, exp.Query, exp.Star) is not None


def _look_at_insert(tree: exp.Insert, typed: Typed, schema: Schema) -> Iterator[Finding]:
    """A DOUBLE stored into a decimal column."""
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    columns = schema.get(target.name.lower())
    if columns is None or tree.args.get("by_name"):
        return
    names = [c.name.lower() for c in tree.this.expressions] or list(columns)
    for name, item in zip(names, typed.items(tree.expression), strict=False):
        if _is(item.type_, Kind.DOUBLE) and name in columns and columns[name].kind is Kind.DECIMAL:
            yield _finding(item.node, f"a double is stored in {name}", "keep the value a decimal")


def _branches(node: exp.Expr) -> list[exp.Expr]:
    found = [when.args["true"] for when in node.args.get("ifs") or [node]]
    default = node.args.get("default") or node.args.get("false")
    return [*found, default] if default is not None else found


def _mixed(typed: Typed, node: exp.Expr, parts: list[exp.Expr], how: str) -> Iterator[Finding]:
    yield from _mixed_types(node, parts, [typed.of(part) for part in parts], how)


def _mixed_types(
    node: exp.Expr, parts: list[exp.Expr], types: list[SqlType], how: str
) -> Iterator[Finding]:
    kinds = {type_.kind for type_ in types}
    if not {Kind.DOUBLE, Kind.DECIMAL} <= kinds:
        return
    literals = [p for p in parts if isinstance(p, exp.Literal) and "e" in p.name.lower()]
    if literals:
        yield _finding(
            node,
            f"the float literal {literals[0].name} meets a decimal",
            "write it out in decimal digits",
        )
    else:
        yield _finding(
            node, f"a double and a decimal are {how}", "keep both decimals, or cast both to double"
        )


def _compared(typed: Typed, node: exp.Expr, parts: list[exp.Expr]) -> Iterator[Finding]:
    yield from _mixed(typed, node, parts, "compared")
    yield from _rounded_texts(typed, parts)


def _rounded(typed: Typed, node: exp.Expr, parts: list[exp.Expr]) -> Iterator[Finding]:
    for part in parts:
        yield from _rounded_to(part, typed.of(part), typed.of(node))
    yield from _rounded_texts(typed, parts)


def _rounded_texts(typed: Typed, parts: list[exp.Expr]) -> Iterator[Finding]:
    """Numbers in quotes beside decimals, whose type they take: of too many digits for it."""
    beside = [t for part in parts if _is(t := typed.of(part), Kind.DECIMAL)]
    if not beside:
        return
    kept = max(type_.scale or 0 for type_ in beside)
    for part in parts:
        if isinstance(part, exp.Literal) and part.is_string and _decimals(part.name) > kept:
            yield Finding(
                part.sql("duckdb", comments=False),
                line_of(part) or 1,
                f"text takes the type of the {beside[0]} beside it, and is rounded to that",
                "write the number without quotes",
                rounds=True,
            )


def _decimals(text: str) -> int:
    """How many a number written as text has; none where it is no number."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return 0
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or not any(digits):
        return 0
    trailing = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return max(0, -(exponent + trailing))


def _rounded_to(part: exp.Expr, type_: SqlType, made: SqlType) -> Iterator[Finding]:
    """`part` where it is brought to a decimal that has no room for all of its digits."""
    if not _is(type_, Kind.DECIMAL) or not _is(made, Kind.DECIMAL):
        return
    scale, kept = type_.scale or 0, made.scale or 0
    if isinstance(part, exp.Literal):
        scale = _decimals(part.name)
    if scale > kept:
        sql = part.sql("duckdb", comments=False)
        why = f"a {type_} is rounded to the {made} of what it stands beside"
        mend = "cast what it stands beside to fewer digits before the point, as decimal(38,12)"
        yield Finding(sql, line_of(part) or 1, why, mend, rounds=True)


def _finding(node: exp.Expr, why: str, mend: str) -> Finding:
    return Finding(node.sql("duckdb", comments=False), line_of(node) or 1, why, mend)


def _doubts(typed: Typed, node: exp.Expr, parts: list[exp.Expr]) -> Iterator[Finding]:
    """A float is made of `parts`, one of which may be money."""
    if any(_is_unfollowed(typed, part, typed.of(part)) for part in parts):
        yield replace(_finding(node, _UNFOLLOWED, _CAST), is_doubtful=True)


def _is(type_: SqlType, kind: Kind) -> bool:
    return type_.kind is kind
