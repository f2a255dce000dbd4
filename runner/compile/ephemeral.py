"""Ephemeral models stand in the query of whoever refers to them, as CTEs."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEAD = re.compile(r"^(?:\s|--[^\n]*\n|/\*.*?\*/)*", re.S)
_WITH = re.compile(r"with\s+(recursive\s+)?", re.I)


def with_ctes(sql: str, ctes: Sequence[tuple[str, str]]) -> str:
    """Put `ctes` (name, query) before a query's own.

    >>> print(with_ctes("with a as (select 1) select * from a, x", [("x", "select 2")]))
    with x as (
    select 2
    ), a as (select 1) select * from a, x
    """
    if not ctes:
        return sql
    listed = ", ".join(f"{name} as (\n{query}\n)" for name, query in ctes)
    head = _HEAD.match(sql)
    start = head.end() if head else 0
    own = _WITH.match(sql, start)
    if own is None:
        return f"{sql[:start]}with {listed}\n{sql[start:]}"
    return f"{sql[:start]}{own.group(0).rstrip()} {listed}, {sql[own.end() :]}"
