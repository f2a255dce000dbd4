"""Which column a name means: DuckDB's scoping of sources, aliases, USING and outer queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from sqlglot import exp

from runner.sqltyping.types import INTEGER, SqlType

ROW_ID = "rowid"  # what both engines call a stored row's own number

Columns = dict[str, SqlType]  # lower-case name -> type, in order
Schema = Mapping[str, Mapping[str, SqlType]]
_LISTED = 8


@dataclass(frozen=True)
class Source:
    """A table, CTE or subquery of a FROM clause, by the name it has there."""

    name: str
    columns: Columns
    # as the rest of the query must be written when it is not `name.column` (INSERT, DDL)
    bare: bool = False
    is_stored: bool = False  # a table or view of the database, not a CTE or a subquery


@dataclass(frozen=True)
class Target:
    """What a column reference stands for: a source's column, a USING column, or an alias."""

    source: Source | None = None
    column: str = ""
    merged: Merged | None = None
    alias: exp.Expr | None = None


@dataclass(frozen=True)
class Merged:
    """A column of `join … using`: the sides, left to right, and which of them it takes.

    `take` is "left", "right" or "both" (coalesce, for a full join).
    """

    name: str
    type_: SqlType
    left: Target
    right: Target
    take: str


@dataclass
class Scope:
    """The names visible in one SELECT, and around it."""

    parent: Scope | None = None
    ctes: dict[str, Columns] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    merged: dict[str, Merged] = field(default_factory=dict)
    aliases: dict[str, exp.Expr] = field(default_factory=dict)

    def find(self, node: exp.Column, types: dict[int, SqlType]) -> tuple[Target, SqlType] | str:
        """What `node` means, and its type; or, as a sentence, why that is not known."""
        name, table = node.name.lower(), node.table.lower()
        if table:
            return self._find_qualified(table, name)
        if name in self.merged:
            merged = self.merged[name]
            return Target(column=name, merged=merged), merged.type_
        holders = [source for source in self.sources.values() if name in source.columns]
        if len(holders) > 1:
            where = ", ".join(source.name for source in holders)
            return f"column {node.name} is in several sources: {where}"
        if holders:
            return Target(holders[0], name), holders[0].columns[name]
        if name in self.aliases:
            alias = self.aliases[name]
            if self.parent and not isinstance(self.parent.find(node, types), str):
                return f"{node.name} is both an alias and a column of the outer query"
            return Target(column=name, alias=alias), types[id(alias)]
        stored = [source for source in self.sources.values() if source.is_stored]
        if name == ROW_ID and len(stored) == len(self.sources) == 1:
            return Target(stored[0], name), INTEGER
        if self.parent:
            return self.parent.find(node, types)
        return f"unknown column {node.name}{self._candidates(name)}"

    def _candidates(self, name: str) -> str:
        """Columns like `name`, for "did you mean"; all there are where none is and they are few."""
        known = list(dict.fromkeys(c for source in self.sources.values() for c in source.columns))
        near = get_close_matches(name, known, n=3)
        if near:
            return f"; did you mean {' or '.join(near)}?"
        listed = ", ".join(known[:_LISTED]) + (", …" if len(known) > _LISTED else "")
        return f"; there are {listed}" if known else ""

    def _find_qualified(self, table: str, name: str) -> tuple[Target, SqlType] | str:
        source = self.sources.get(table)
        if source is None:
            if self.parent:
                return self.parent._find_qualified(table, name)
            return f"unknown table {table} of column {table}.{name}"
        if name not in source.columns:
            if name == ROW_ID and source.is_stored:
                return Target(source, name), INTEGER
            near = get_close_matches(name, list(source.columns), n=3)
            mend = f"; did you mean {' or '.join(near)}?" if near else ""
            return f"table {table} has no column {name}{mend}"
        return Target(source, name), source.columns[name]


@dataclass(frozen=True)
class Item:
    """One output column of a query: its name as written, the expression, and its type."""

    name: str
    node: exp.Expr
    type_: SqlType


@dataclass(frozen=True)
class Problem:
    """Something inference could not type: where, and why as a sentence without full stop."""

    node: exp.Expr
    why: str
