"""Spelling SQLite: names, strings, parentheses."""

from __future__ import annotations

import re
import textwrap

import apsw

_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_ATOM = re.compile(r"""-?[\w.]+|'(?:[^']|'')*'|"(?:[^"]|"")*"(?:\."(?:[^"]|"")*")?""")
_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]""")


def is_plain(word: str) -> bool:
    """Whether an identifier needs no quotes, and is no constant of SQLite's either."""
    reserved = word.upper() in apsw.keywords or word in ("true", "false", "rowid", "oid", "_rowid_")
    return _PLAIN_NAME.fullmatch(word) is not None and not reserved


def name(word: str) -> str:
    """An identifier, quoted where SQLite would read it as anything else."""
    if is_plain(word):
        return word
    return '"' + word.replace('"', '""') + '"'


def string(value: str) -> str:
    """A string literal on one line, so that indenting the SQL cannot change it."""
    parts = re.split(r"([\x00-\x1f])", value)
    shown = [
        f"char({ord(part)})" if len(part) == 1 and ord(part) < 32 else _quoted(part)
        for part in parts
        if part
    ]
    return f"({' || '.join(shown)})" if len(shown) > 1 else (shown or ["''"])[0]


def _quoted(part: str) -> str:
    return "'" + part.replace("'", "''") + "'"


def atom(sql: str) -> str:
    """The SQL in parentheses, unless it cannot be torn apart by an operator beside it."""
    return sql if _is_atom(sql) else f"({sql})"


def _is_atom(sql: str) -> bool:
    if _ATOM.fullmatch(sql):
        return True
    start = re.match(r"\w*\(", sql)
    if start is None:
        return False
    depth = 0
    for token in _TOKEN.finditer(sql):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if depth == 0 and token[0] == ")":
            return token.end() == len(sql)
    return False


def indent(sql: str) -> str:
    return textwrap.indent(sql, "    ")


def nested(sql: str) -> str:
    """A query in parentheses on lines of its own."""
    return f"(\n{indent(sql)}\n)"
