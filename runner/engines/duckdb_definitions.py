"""CREATE TABLE as DuckDB is given it: what is left out of a migration's, and what is put in."""

from __future__ import annotations

import re
from collections.abc import Iterable

from runner.engines.duckdb_catalogue import quote
from runner.errors import EngineError

# A foreign key multiplies load time here and forbids later changes to the parent
# (docs/engines.md); ingest proves references by anti-join and the checks prove them again.
_FOREIGN_KEY = re.compile(
    r",\s*constraint\s+fk_\w+\s+foreign\s+key\s*\([^)]*\)\s*references\s+\w+\s*\([^)]*\)", re.I
)
# Zone maps serve the ledger's scans; an ART index slows appends and pins the table's definition.
_SECONDARY_INDEX = re.compile(r"^\s*create\s+index\b", re.I)
# a closing parenthesis, or text and comments, where it would be none
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\)", re.S)


def defined(sql: str, *, append_only: bool) -> str | None:
    """A migration's statement as it is run here; None where it is left out."""
    if _SECONDARY_INDEX.match(sql):
        return None
    sql = _FOREIGN_KEY.sub("", sql)
    return _with_columns_held(sql) if append_only else sql


def columns_held(columns: Iterable[str]) -> str:
    """A constraint for which DuckDB refuses to drop any of `columns`, or to change its type.

    No trigger sees ALTER … TYPE … USING or DROP COLUMN, but a CHECK that names a column stops both;
    this one is never evaluated beyond its first word.
    """
    nulls = " and ".join(f"{quote(name)} is null" for name in columns)
    return f"check (case when true then true else {nulls} end)"


def _with_columns_held(sql: str) -> str:
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    from runner.sqltyping.parsing import parse

    try:
        tree = parse(sql)
    except SqlglotError as error:
        raise EngineError(
            "R310",
            "a table of facts cannot be read",
            why=str(error).splitlines()[0],
            mend="write it as CREATE TABLE name (columns and constraints)",
        ) from error
    held = columns_held(column.name for column in tree.find_all(exp.ColumnDef))
    end = max(found.start() for found in _TOKEN.finditer(sql) if found.group() == ")")
    # on lines of its own: a comment may end the line before
    return f"{sql[:end]}\n, {held}\n{sql[end:]}"
