"""One shape for every function call, however sqlglot happens to represent that function."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from runner.sqltyping import float_functions

# class -> (DuckDB's name, argument keys in order). A key that holds a list is spread.
_FUNCTIONS: dict[type[exp.Expr], tuple[str, tuple[str, ...]]] = {
    exp.Abs: ("abs", ("this",)),
    exp.Sign: ("sign", ("this",)),
    exp.Round: ("round", ("this", "decimals")),
    exp.Floor: ("floor", ("this",)),
    exp.Ceil: ("ceil", ("this",)),
    exp.Trunc: ("trunc", ("this",)),
    exp.Coalesce: ("coalesce", ("this", "expressions")),
    exp.Nullif: ("nullif", ("this", "expression")),
    exp.Greatest: ("greatest", ("this", "expressions")),
    exp.Least: ("least", ("this", "expressions")),
    exp.Length: ("length", ("this",)),
    exp.Chr: ("chr", ("expressions",)),
    exp.Lower: ("lower", ("this",)),
    exp.Upper: ("upper", ("this",)),
    exp.Substring: ("substr", ("this", "start", "length")),
    exp.Replace: ("replace", ("this", "expression", "replacement")),
    exp.Left: ("left", ("this", "expression")),
    exp.Right: ("right", ("this", "expression")),
    exp.Concat: ("concat", ("expressions",)),
    exp.ConcatWs: ("concat_ws", ("expressions",)),
    exp.StartsWith: ("starts_with", ("this", "expression")),
    exp.RegexpLike: ("regexp_matches", ("this", "expression", "flag")),
    exp.EndsWith: ("ends_with", ("this", "expression")),
    exp.Contains: ("contains", ("this", "expression")),
    exp.StrPosition: ("instr", ("this", "substr")),
    exp.Year: ("year", ("this",)),
    exp.Month: ("month", ("this",)),
    exp.Day: ("day", ("this",)),
    exp.Hour: ("hour", ("this",)),
    exp.Minute: ("minute", ("this",)),
    exp.Second: ("second", ("this",)),
    exp.JSONExtractScalar: ("json_extract_string", ("this", "expression")),
    exp.Count: ("count", ("this",)),
    exp.CountIf: ("count_if", ("this",)),
    exp.Sum: ("sum", ("this",)),
    exp.Avg: ("avg", ("this",)),
    exp.Min: ("min", ("this",)),
    exp.Max: ("max", ("this",)),
    exp.LogicalAnd: ("bool_and", ("this",)),
    exp.LogicalOr: ("bool_or", ("this",)),
    exp.AnyValue: ("any_value", ("this",)),
    exp.First: ("first", ("this",)),
    exp.Last: ("last", ("this",)),
    exp.Pi: ("pi", ()),
    exp.Rand: ("random", ()),
    exp.TimeToUnix: ("epoch", ("this",)),
    exp.GroupConcat: ("string_agg", ("this", "separator")),
    exp.ArgMax: ("arg_max", ("this", "expression")),
    exp.ArgMin: ("arg_min", ("this", "expression")),
    exp.RowNumber: ("row_number", ()),
    exp.Rank: ("rank", ()),
    exp.DenseRank: ("dense_rank", ()),
    exp.Ntile: ("ntile", ("this",)),
    exp.Lag: ("lag", ("this", "offset", "default")),
    exp.Lead: ("lead", ("this", "offset", "default")),
    exp.FirstValue: ("first_value", ("this",)),
    exp.LastValue: ("last_value", ("this",)),
    exp.NthValue: ("nth_value", ("this", "offset")),
    **{class_: (name, ("this", "expression")) for class_, name in float_functions.CLASSES.items()},
}

# arguments sqlglot sets itself and that say nothing about the SQL as DuckDB reads it
_HARMLESS = {
    "big_int", "safe", "coalesce", "typed", "ignore_nulls", "only_json_types", "scalar_only",
    "date_part_boundary", "null_if_pos_overflow", "instance", "nested",
}  # fmt: skip

AGGREGATES = {
    "count", "count_if", "sum", "avg", "min", "max", "bool_and", "bool_or", "any_value",
    "first", "last",
    "string_agg", "arg_max", "arg_min",
}  # fmt: skip
WINDOW_ONLY = {
    "row_number", "rank", "dense_rank", "ntile", "lag", "lead",
    "first_value", "last_value", "nth_value",
}  # fmt: skip
_DATE_PARTS = {"year", "month", "day", "hour", "minute", "second"}


@dataclass(frozen=True)
class Call:
    """A function call: DuckDB's name in lower case, positional arguments, and the rest by name.

    `unit` is a lower-case singular time unit; `unread` lists arguments this shape has no room
    for, which whoever needs the whole meaning must refuse.
    """

    name: str
    args: list[exp.Expr]
    unit: str | None = None
    distinct: bool = False
    order: list[exp.Expr] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def read_call(node: exp.Expr) -> Call | None:
    """The call `node` is, or None where it is none that has a name here."""
    special = _read_special(node)
    if special is not None:
        return special
    known = _FUNCTIONS.get(type(node))
    if known is None:
        return None
    name, keys = known
    args: list[exp.Expr] = []
    for key in keys:
        value = node.args.get(key)
        if isinstance(value, list):
            args.extend(value)
        elif value is not None:
            args.append(value)
    unread = unread_args(node, keys)
    distinct, order = False, []
    if args and isinstance(args[0], exp.Order):
        order = args[0].expressions
        args[0] = args[0].this
    if args and isinstance(args[0], exp.Distinct):
        inner = args[0]
        distinct = True
        if len(inner.expressions) != 1 or inner.args.get("on"):
            unread.append("distinct over several expressions")
        args[0] = inner.expressions[0]
        if isinstance(args[0], exp.Order):
            order = args[0].expressions
            args[0] = args[0].this
    return Call(name, args, distinct=distinct, order=order, unread=unread)


def function_of(window: exp.Expr) -> exp.Expr:
    """The function itself of a window, a FILTER, or a wrapper about NULLs."""
    while isinstance(window, exp.Window | exp.Filter | exp.IgnoreNulls | exp.RespectNulls):
        window = window.this
    return window


def unread_args(node: exp.Expr, keys: tuple[str, ...]) -> list[str]:
    """Names of the arguments of `node` that are set, and neither in `keys` nor harmless."""
    return [
        key
        for key, value in node.args.items()
        if key not in keys and key not in _HARMLESS and value not in (None, False, [])
    ]


def _read_special(node: exp.Expr) -> Call | None:
    if isinstance(node, exp.Anonymous):
        name = str(node.this).lower()
        if name == "date_part" and len(node.expressions) == 2:
            return Call(name, [node.expressions[1]], unit=_unit(node.expressions[0].name))
        return Call(name, list(node.expressions))
    if isinstance(node, exp.Extract):
        return Call("date_part", [node.expression], unit=_unit(node.name))
    if isinstance(node, exp.DateDiff):
        return Call(
            "date_diff", [node.expression, node.this], unit=_unit(node.text("unit")),
            unread=unread_args(node, ("this", "expression", "unit")),
        )  # fmt: skip
    if isinstance(node, exp.TimestampTrunc | exp.DateTrunc):
        return Call(
            "date_trunc", [node.this], unit=_unit(node.text("unit")),
            unread=unread_args(node, ("this", "unit", "unabbreviate")),
        )  # fmt: skip
    if isinstance(node, exp.UnixToTime):
        # DuckDB's epoch_ms reads a timestamp as well as making one; sqlglot knows the latter only
        milliseconds = node.text("scale") == "3"
        return Call("epoch_ms" if milliseconds else "make_timestamp", [node.this])
    if isinstance(node, exp.Trim):
        position = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(node.text("position"), "trim")
        args = [a for a in (node.this, node.args.get("expression")) if a is not None]
        return Call(position, args, unread=unread_args(node, ("this", "expression", "position")))
    if isinstance(node, exp.SHA2):
        unread = [] if node.text("length") in ("", "256") else ["length"]
        return Call("sha256", [node.this], unread=unread)
    if isinstance(node, exp.JSONObject):
        pairs = [p for p in node.expressions if isinstance(p, exp.JSONKeyValue)]
        args = [side for pair in pairs for side in (pair.this, pair.expression)]
        unread = ["*"] if len(pairs) != len(node.expressions) else []
        return Call("json_object", args, unread=unread)
    return None


def _unit(word: str) -> str:
    word = word.lower()
    return word[:-1] if word.endswith("s") and len(word) > 2 else word
