"""Reading DuckDB SQL into sqlglot's tree without losing what exactness depends on."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.dialects.dialect import Dialect


def line_of(node: exp.Expr) -> int | None:
    """The first line any token of `node`, or failing that of what is around it, stands on."""
    around: exp.Expr | None = node
    while around is not None:
        lines = [part.meta["line"] for part in around.walk() if "line" in part.meta]
        if lines:
            return int(min(lines))
        around = around.parent
    return None


@cache
def dialect() -> type[Dialect]:
    """sqlglot's DuckDB, but a JSON path stays the literal that was written.

    sqlglot reads `->> 'a.b'` and `->> '$.a.b'` alike; DuckDB takes the first as one key.
    """
    from sqlglot.dialects.duckdb import DuckDB

    class VerbatimDuckDB(DuckDB):
        def to_json_path(self, path: Any) -> Any:
            return path

    return VerbatimDuckDB


def parse(sql: str) -> exp.Expr:
    """The tree of one statement.

    Raises sqlglot.errors.SqlglotError where it is none, is more than one, or is a kind sqlglot
    only passes through.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ParseError

    # a statement it only passes through is refused below, or by who calls
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    statements = [tree for tree in sqlglot.parse(sql, read=dialect()) if tree is not None]
    if len(statements) != 1 or not isinstance(statements[0], exp.Expr):
        raise ParseError(f"expected one statement, got {len(statements)}")
    if isinstance(statements[0], exp.Command):
        raise ParseError(f"cannot read the statement {statements[0].name.upper()}")
    return statements[0]
