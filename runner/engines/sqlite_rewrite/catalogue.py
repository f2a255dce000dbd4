"""Scalar functions: DuckDB's name -> how it is written on SQLite. What is not here is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from runner.engines.sqlite_rewrite import comparisons, text
from runner.engines.sqlite_rewrite.refusal import refusal
from runner.sqltyping import rules
from runner.sqltyping.calls import Call
from runner.sqltyping.functions import literal_int
from runner.sqltyping.types import TEXT, TIMESTAMP, Kind

if TYPE_CHECKING:
    from runner.engines.sqlite_rewrite.expressions import Writer

Rule = Callable[["Writer", exp.Expr, Call], str]

_TIMES = (Kind.DATE, Kind.TIMESTAMP)


def _texts(function: str) -> Rule:
    """A function of text only, by its SQLite name."""
    return lambda writer, node, call: f"{function}({', '.join(map(writer.text, call.args))})"


def _one_text(function: str) -> Rule:
    """A function of one text; a second argument is refused."""

    def rule(writer: Writer, node: exp.Expr, call: Call) -> str:
        if len(call.args) != 1:
            raise refusal(node, "only its form of one argument is translated", "trim spaces only")
        return f"{function}({writer.text(call.args[0])})"

    return rule


def _character(writer: Writer, node: exp.Expr, call: Call) -> str:
    code = call.args[0] if len(call.args) == 1 else None
    if not isinstance(code, exp.Literal) or code.is_string or not code.name.isdigit():
        raise refusal(node, "chr takes one whole number, written out", "write chr(9)")
    return f"char({code.name})"


def _own(function: str) -> Rule:
    """One of the ledger's own functions: arguments as they are, exact numbers as decimals."""

    def rule(writer: Writer, node: exp.Expr, call: Call) -> str:
        shown = []
        for arg in call.args:
            type_ = writer.type(arg)
            if rules.is_whole(type_):
                shown.append(f"decimal_cast({writer.sql(arg)}, 38, 0)")
            elif type_.kind in (Kind.DECIMAL, Kind.NULL):
                shown.append(writer.sql(arg))
            else:
                raise refusal(node, f"{function} of a {rules.plain(type_)}", "pass decimals")
        return f"{function}({', '.join(shown)})"

    return rule


def _number(names: dict[Kind, str], mend: str = "cast it to a decimal") -> Rule:
    """A function of one number, by the kind of that number; `{}` is the number."""

    def rule(writer: Writer, node: exp.Expr, call: Call) -> str:
        type_ = writer.type(call.args[0])
        if type_.kind not in names or len(call.args) != 1:
            raise refusal(node, f"{call.name} of a {rules.plain(type_)}", mend)
        return names[type_.kind].format(writer.sql(call.args[0]))

    return rule


def _round(writer: Writer, node: exp.Expr, call: Call) -> str:
    type_ = writer.type(call.args[0])
    places = literal_int(call.args[1]) if len(call.args) > 1 else 0
    if places is None:
        raise refusal(node, "it rounds to a number of places known only later", "write a literal")
    value = writer.sql(call.args[0])
    if type_.kind is Kind.DECIMAL:
        return f"decimal_round({value}, {places})"
    if rules.is_whole(type_):
        return value if places >= 0 else f"integer_round({value}, {places})"
    if type_.kind is Kind.DOUBLE:
        return f"double_round({value}, {places})"
    raise refusal(node, f"round of a {rules.plain(type_)}", "round a number")


def _coalesce(writer: Writer, node: exp.Expr, call: Call) -> str:
    type_ = writer.type(node)
    shown = [writer.to(arg, type_) for arg in call.args]
    return shown[0] if len(shown) == 1 else f"coalesce({', '.join(shown)})"


def _extreme(writer: Writer, node: exp.Expr, call: Call) -> str:
    """greatest and least, which skip NULLs; SQLite's max(a, b) does not."""
    type_ = writer.type(node)
    if type_.kind in (Kind.UNKNOWN, Kind.JSON, Kind.INTERVAL, Kind.BLOB):
        raise refusal(node, f"{call.name} over a {type_}", "compare numbers, text or times")
    kind = "decimal_" if type_.kind is Kind.DECIMAL else ""
    return f"{kind}{call.name}({', '.join(writer.to(arg, type_) for arg in call.args)})"


def _nullif(writer: Writer, node: exp.Expr, call: Call) -> str:
    left, right = call.args
    type_, had = comparisons.common(writer, node, [left, right]), writer.type(left)
    if rules.plain(type_) == rules.plain(had) or type_.kind is had.kind is not Kind.DECIMAL:
        return f"nullif({writer.sql(left)}, {writer.to(right, type_)})"
    test = comparisons.compare(writer, node, left, right, "=")
    return f"case when {test} then null else {writer.sql(left)} end"


def _concat(writer: Writer, node: exp.Expr, call: Call) -> str:
    return f"{call.name}({', '.join(writer.cast(arg, TEXT) for arg in call.args)})"


def _substr(writer: Writer, node: exp.Expr, call: Call) -> str:
    places = [writer.sql(arg) for arg in call.args[1:]]
    if not all(rules.is_whole(writer.type(arg)) for arg in call.args[1:]):
        raise refusal(node, "its places are no whole numbers", "cast them")
    return f"substr({', '.join([writer.text(call.args[0]), *places])})"


def _left(writer: Writer, node: exp.Expr, call: Call) -> str:
    count = literal_int(call.args[1])
    if count is None or count < 0:
        raise refusal(node, f"{call.name} takes a literal count, not negative", "use substr")
    value = writer.text(call.args[0])
    if call.name == "left":
        return f"substr({value}, 1, {count})"
    # substr(x, 0) would be all of x; an empty tail must still be NULL for NULL
    return f"substr({value}, -{count})" if count else f"substr({value}, 1, 0)"


def _contains(writer: Writer, node: exp.Expr, call: Call) -> str:
    return f"instr({writer.text(call.args[0])}, {writer.text(call.args[1])}) > 0"


_PARTS = {
    "year": (1, 4), "month": (6, 2), "day": (9, 2),
    "hour": (12, 2), "minute": (15, 2), "second": (18, 2),
}  # fmt: skip
_DATE_PARTS = ("year", "month", "day")
_TRUNCATED = {  # unit -> letters kept, and what completes them
    "year": (4, "-01-01 00:00:00.000000"),
    "month": (7, "-01 00:00:00.000000"),
    "day": (10, " 00:00:00.000000"),
    "hour": (13, ":00:00.000000"),
    "minute": (16, ":00.000000"),
    "second": (19, ".000000"),
}


def _date_part(writer: Writer, node: exp.Expr, call: Call) -> str:
    unit, kind = call.unit or call.name, writer.type(call.args[0]).kind
    allowed = _DATE_PARTS if kind is Kind.DATE else _PARTS
    if kind not in _TIMES or unit not in allowed:
        raise refusal(node, f"{unit} of a {kind.value} is not translated", "take year … second")
    start, length = _PARTS[unit]
    return f"cast(substr({writer.sql(call.args[0])}, {start}, {length}) as integer)"


def _date_trunc(writer: Writer, node: exp.Expr, call: Call) -> str:
    if call.unit not in _TRUNCATED or writer.type(call.args[0]).kind not in _TIMES:
        raise refusal(node, f"cutting to {call.unit} is not translated", "cut to year … second")
    kept, rest = _TRUNCATED[call.unit]
    return f"substr({writer.to(call.args[0], TIMESTAMP)}, 1, {kept}) || '{rest}'"


def _date_diff(writer: Writer, node: exp.Expr, call: Call) -> str:
    units = ("microsecond", "millisecond", "second", "minute", "hour", "day", "month", "year")
    if call.unit not in units:
        raise refusal(node, f"counting in {call.unit} is not translated", f"use {', '.join(units)}")
    ends = [writer.to(arg, TIMESTAMP) for arg in call.args]
    return f"date_diff('{call.unit}', {', '.join(ends)})"


def _epoch(writer: Writer, node: exp.Expr, call: Call) -> str:
    if writer.type(call.args[0]).kind not in _TIMES:
        raise refusal(node, "it makes a timestamp of a number", "store the timestamp")
    return f"{call.name}({writer.to(call.args[0], TIMESTAMP)})"


_STEP = re.compile(r"""\.(\w+)|\."([^"\\]+)"|\[(\d+)\]""")


def _json_path(node: exp.Expr, path: exp.Expr) -> list[str | int]:
    """The keys and array places a JSON path goes through."""
    place = literal_int(path)
    if place is not None and place >= 0:
        return [place]
    if not isinstance(path, exp.Literal) or not path.is_string:
        raise refusal(node, "its path is not a literal", "write the path out")
    written = path.name
    if not written.startswith("$"):
        if written.startswith("/") or "*" in written or not written:
            raise refusal(node, "the path is a pointer or a pattern", "write '$.key'")
        return [written]
    steps, at = [], 1
    while at < len(written):
        found = _STEP.match(written, at)
        if found is None:
            raise refusal(node, "the path is more than keys and places", "write '$.key[0]'")
        steps.append(int(found[3]) if found[3] else found[1] or found[2])
        at = found.end()
    return steps


def _json_text(writer: Writer, node: exp.Expr, call: Call) -> str:
    value, path = call.args
    if writer.type(value).kind not in (Kind.JSON, Kind.TEXT):
        raise refusal(node, f"it reads a {writer.typed.of(value)} as JSON", "cast it to json")
    steps = [str(s) if isinstance(s, int) else text.string(s) for s in _json_path(node, path)]
    return f"json_text({', '.join([writer.sql(value), *steps])})"


def _json_object(writer: Writer, node: exp.Expr, call: Call) -> str:
    tags = {Kind.TEXT: "t", Kind.UUID: "t", Kind.INTEGER: "i", Kind.BOOLEAN: "b", Kind.NULL: "t"}
    parts = []
    for key, value in zip(call.args[::2], call.args[1::2], strict=True):
        kind = writer.type(value).kind
        if not isinstance(key, exp.Literal) or kind not in tags:
            raise refusal(node, f"a {kind.value} prints as a float in JSON", "cast it to text")
        parts += [text.string(key.name), f"'{tags[kind]}'", writer.sql(value)]
    return f"json_build({', '.join(parts)})"


_WHOLE_AS_DOUBLE = {Kind.INTEGER: "cast({} as real)", Kind.HUGEINT: "cast({} as real)"}
# IEEE 754 fixes its last digit; that of ln, exp or pow is the C library's choice
_ROOT = dict.fromkeys((Kind.DOUBLE, Kind.INTEGER), "double_sqrt({})")

SCALARS: dict[str, Rule] = {
    "abs": _number({
        Kind.DECIMAL: "decimal_abs({})", Kind.INTEGER: "abs({})", Kind.HUGEINT: "abs({})",
        Kind.DOUBLE: "abs({})",
    }),
    "sign": _number({
        Kind.DECIMAL: "decimal_sign({})", Kind.INTEGER: "sign({})", Kind.HUGEINT: "sign({})",
        Kind.DOUBLE: "sign({})",
    }),
    "floor": _number({
        Kind.DECIMAL: "decimal_floor({})", Kind.DOUBLE: "floor({})", **_WHOLE_AS_DOUBLE,
    }),
    "ceil": _number({
        Kind.DECIMAL: "decimal_ceil({})", Kind.DOUBLE: "ceil({})", **_WHOLE_AS_DOUBLE,
    }),
    "trunc": _number({
        Kind.DECIMAL: "decimal_trunc({})", Kind.DOUBLE: "trunc({})", **_WHOLE_AS_DOUBLE,
    }),
    "round": _round,
    "sqrt": _number(_ROOT, "cast it to double"),
    "coalesce": _coalesce,
    "nullif": _nullif,
    "greatest": _extreme,
    "least": _extreme,
    "length": _texts("length"),
    "chr": _character,
    "lower": _texts("text_lower"),
    "upper": _texts("text_upper"),
    "trim": _one_text("text_trim"),
    "ltrim": _one_text("text_ltrim"),
    "rtrim": _one_text("text_rtrim"),
    "substr": _substr,
    "replace": _texts("replace"),
    "left": _left,
    "right": _left,
    "concat": _concat,
    "concat_ws": _concat,
    "starts_with": _texts("text_starts"),
    "regexp_matches": _texts("text_matches"),
    "prefix": _texts("text_starts"),
    "ends_with": _texts("text_ends"),
    "suffix": _texts("text_ends"),
    "contains": _contains,
    "instr": _texts("instr"),
    "date_part": _date_part,
    "year": _date_part,
    "month": _date_part,
    "day": _date_part,
    "hour": _date_part,
    "minute": _date_part,
    "second": _date_part,
    "date_trunc": _date_trunc,
    "date_diff": _date_diff,
    "epoch_ms": _epoch,
    "epoch_us": _epoch,
    "json_extract_string": _json_text,
    "json_object": _json_object,
    "sha256": _texts("sha256_hex"),
    "sha256_hex": _texts("sha256_hex"),
    "uuid5": _texts("uuid5"),
    "decimal_divide": _own("decimal_divide"),
    "decimal_product": _own("decimal_product"),
    "decimal_prorate": _own("decimal_prorate"),
    "decimal_short_product": _own("decimal_short_product"),
}  # fmt: skip


def write(writer: Writer, node: exp.Expr, call: Call) -> str:
    """A scalar call; raises R330 for a function, or a form of one, that is not here."""
    rule = SCALARS.get(call.name)
    if rule is None:
        raise refusal(node, f"the function {call.name} is not translated", "compute it otherwise")
    if call.unread or call.order or call.distinct:
        raise refusal(node, f"this form of {call.name} is not translated", "use its plain form")
    return rule(writer, node, call)
