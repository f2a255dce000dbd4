"""What DuckDB's functions return: name -> rule from argument types to a type.

A rule gets the types and the expressions of the arguments and answers a SqlType, or None where
DuckDB has no such function for these types. To add a function, add a line; a function also
needs a line in runner/engines/sqlite_rewrite/catalogue.py to run on SQLite.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from runner.sqltyping import float_functions, rules
from runner.sqltyping.types import (
    BOOLEAN,
    DOUBLE,
    HUGEINT,
    JSON,
    MONEY,
    TEXT,
    TIMESTAMP,
    UUID,
    Kind,
    SqlType,
    decimal,
)

Types = list[SqlType]
Nodes = list[exp.Expr]
Rule = Callable[[Types, Nodes], SqlType | None]


def _always(type_: SqlType) -> Rule:
    return lambda types, nodes: type_


def _first(types: Types, nodes: Nodes) -> SqlType | None:
    # a string literal handed through a function is text from there on
    return rules.plain(types[0]) if types[0] == rules.STRING_LITERAL else types[0]


def _unified(types: Types, nodes: Nodes) -> SqlType | None:
    return rules.unify_all(types)


def _number(types: Types, nodes: Nodes) -> SqlType | None:
    kind = types[0].kind
    return types[0] if rules.is_numeric(types[0]) or kind in (Kind.UNKNOWN, Kind.NULL) else None


def _to_scale_zero(types: Types, nodes: Nodes) -> SqlType | None:
    if types[0].kind is Kind.DECIMAL:
        return decimal(types[0].precision or 0, 0)
    if rules.is_whole(types[0]):
        return DOUBLE
    return _number(types, nodes)


def literal_int(node: exp.Expr) -> int | None:
    """The whole number a literal (or its negation) spells; None for any other expression."""
    if isinstance(node, exp.Paren):
        return literal_int(node.this)
    if isinstance(node, exp.Neg):
        inner = literal_int(node.this)
        return None if inner is None else -inner
    if isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit():
        return int(node.name)
    return None


def _round(types: Types, nodes: Nodes) -> SqlType | None:
    if types[0].kind is not Kind.DECIMAL:
        return _number(types, nodes)
    places = 0 if len(nodes) == 1 else literal_int(nodes[1])
    return None if places is None else rules.round_type(types[0], places)


def _sum(types: Types, nodes: Nodes) -> SqlType | None:
    return rules.sum_type(types[0])


def _date_part(types: Types, nodes: Nodes) -> SqlType | None:
    return rules.BIGINT


FUNCTIONS: dict[str, Rule] = {
    "abs": _number,
    "sign": _always(SqlType(Kind.INTEGER, 3)),
    "round": _round,
    "floor": _to_scale_zero,
    "ceil": _to_scale_zero,
    "trunc": _to_scale_zero,
    "coalesce": _unified,
    "nullif": _first,
    "greatest": _unified,
    "least": _unified,
    "length": _always(rules.BIGINT),
    "chr": _always(TEXT),
    "lower": _always(TEXT),
    "upper": _always(TEXT),
    "trim": _always(TEXT),
    "ltrim": _always(TEXT),
    "rtrim": _always(TEXT),
    "substr": _always(TEXT),
    "replace": _always(TEXT),
    "left": _always(TEXT),
    "right": _always(TEXT),
    "concat": _always(TEXT),
    "concat_ws": _always(TEXT),
    "starts_with": _always(BOOLEAN),
    "regexp_matches": _always(BOOLEAN),
    "ends_with": _always(BOOLEAN),
    "suffix": _always(BOOLEAN),
    "prefix": _always(BOOLEAN),
    "contains": _always(BOOLEAN),
    "instr": _always(rules.BIGINT),
    "date_part": _date_part,
    "year": _date_part,
    "month": _date_part,
    "day": _date_part,
    "hour": _date_part,
    "minute": _date_part,
    "second": _date_part,
    "date_trunc": _always(TIMESTAMP),
    "date_diff": _always(rules.BIGINT),
    "epoch_ms": _always(rules.BIGINT),
    "epoch_us": _always(rules.BIGINT),
    "epoch": _always(DOUBLE),
    "pi": _always(DOUBLE),
    "random": _always(DOUBLE),
    "json_extract_string": _always(TEXT),
    "json_object": _always(JSON),
    "sha256": _always(TEXT),
    # aggregates
    "count": _always(rules.BIGINT),
    "count_if": _always(HUGEINT),
    "sum": _sum,
    "avg": _always(DOUBLE),
    **dict.fromkeys(float_functions.NAMES, _always(DOUBLE)),
    "min": _first,
    "max": _first,
    "bool_and": _always(BOOLEAN),
    "bool_or": _always(BOOLEAN),
    "any_value": _first,
    "first": _first,
    "last": _first,
    "string_agg": _always(TEXT),
    "arg_max": _first,
    "arg_min": _first,
    # windows
    "row_number": _always(rules.BIGINT),
    "rank": _always(rules.BIGINT),
    "dense_rank": _always(rules.BIGINT),
    "ntile": _always(rules.BIGINT),
    "lag": _first,
    "lead": _first,
    "first_value": _first,
    "last_value": _first,
    "nth_value": _first,
    # the ledger's own, emitted by its macros
    "decimal_divide": _always(MONEY),
    "decimal_product": _always(MONEY),
    "decimal_prorate": _always(MONEY),
    "decimal_short_product": _always(MONEY),
    "uuid5": _always(UUID),
    "sha256_hex": _always(TEXT),
}
