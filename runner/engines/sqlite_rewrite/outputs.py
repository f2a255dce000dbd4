"""Output columns: what they are called, and how ORDER BY and an outer SELECT refer to them."""

from __future__ import annotations

from sqlglot import exp

from runner.engines.sqlite_rewrite import text
from runner.engines.sqlite_rewrite.refusal import refusal
from runner.sqltyping import rules
from runner.sqltyping.names import Item
from runner.sqltyping.types import SqlType


def called(sql: str, name: str) -> str:
    """An output column: what it is called by itself is not said again."""
    return sql if sql == text.name(name) else f"{sql} as {text.name(name)}"


def inner_names(names: list[str]) -> list[str]:
    """Names by which an outer SELECT can tell the columns of an inner one apart."""
    lowered = [name.lower() for name in names]
    return [
        name if text.is_plain(name) and lowered.count(name) == 1 else f"column_{place}_"
        for place, name in enumerate(names, 1)
    ]


def by(place: int, names: list[str]) -> str:
    """What ORDER BY calls an output column: its name, or its position where that says more."""
    name = names[place]
    unique = [one.lower() for one in names].count(name.lower()) == 1
    return text.name(name) if unique and text.is_plain(name) else str(place + 1)


def alike(types: list[SqlType], items: list[Item]) -> bool:
    return [rules.plain(one) for one in types] == [rules.plain(item.type_) for item in items]


def place(node: exp.Expr, names: list[str]) -> int | None:
    """The output column a position or a bare name means."""
    if isinstance(node, exp.Literal) and node.name.isdigit():
        place = int(node.name) - 1
        if 0 <= place < len(names):
            return place
        raise refusal(node, "there is no such output column", "name the column")
    if isinstance(node, exp.Column) and not node.table:
        found = [n for n, name in enumerate(names) if name.lower() == node.name.lower()]
        if len(found) > 1:
            raise refusal(node, "two output columns have that name", "name a column of its own")
        return found[0] if found else None
    return None
