"""Saying no: what cannot be translated with certainty is refused, never passed through."""

from __future__ import annotations

import re

from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from runner.errors import EngineError, TranslationError
from runner.sqltyping.calls import unread_args
from runner.sqltyping.parsing import line_of

_SHOWN = 160  # characters of SQL in a message


def refusal(node: exp.Expr | str, why: str, mend: str) -> TranslationError:
    """The error, R330, to raise over a construct."""
    shown = node if isinstance(node, str) else node.sql("duckdb", comments=False)
    shown = " ".join(shown.split())
    if len(shown) > _SHOWN:
        shown = shown[: _SHOWN - 1] + "…"
    error = TranslationError(
        "R330", f"`{shown}` has no exact translation to SQLite", why=why, mend=mend
    )
    error.sql_line = None if isinstance(node, str) else line_of(node)
    return error


def misnamed(node: exp.Expr, why: str) -> EngineError:
    """The error, R310, over a name that is not there: no engine would run it."""
    error = EngineError("R310", f"a statement has an {why}", mend="name what exists")
    error.sql_line = line_of(node)
    return error


def unreadable(sql: str, error: SqlglotError) -> EngineError:
    """The error over SQL that sqlglot cannot read: R310 where it is none, R330 where it is.

    DuckDB's own parser says which, and in its own words: models are written in its SQL.
    """
    import duckdb

    with duckdb.connect() as judge:
        try:
            count = len(judge.extract_statements(sql))
        except duckdb.Error as refused:
            why = str(refused).strip()
            found = EngineError("R310", "a statement is not valid SQL", why=why)
            quoted = re.search(r"^LINE (\d+): ", why, re.M)
            found.sql_line = int(quoted[1]) if quoted else None
            return found
    if count != 1:
        return EngineError(
            "R310",
            f"one statement is needed, this is {count}",
            why=" ".join(sql.split())[:_SHOWN],
            mend="write one SELECT, without a semicolon in it",
        )
    place = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
    line = place.get("line")
    shown = sql.splitlines()[line - 1] if line else sql
    found = refusal(shown, "it is valid in DuckDB, and not read here", "write it as plainer SQL")
    found.sql_line = line
    return found


def only(node: exp.Expr, *keys: str) -> None:
    """Raise over a node that says more than the arguments named: no other is translated."""
    unread = unread_args(node, keys)
    if unread:
        raise refusal(
            node,
            f"{node.key.upper()} with {', '.join(k.strip('_') for k in unread)} is not translated",
            "write it without, or as plainer SQL",
        )
