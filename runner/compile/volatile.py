"""SQL whose answer may be another, though no row of the project's own tables is."""

from __future__ import annotations

import re
from functools import cache

_CLOCKS = ("current_timestamp", "current_date", "current_time", "localtime", "'now'")
_CALLS = (
    "now", "today", "random", "randomblob", "uuid", "uuidv4", "uuidv7", "gen_random_uuid",
    "nextval", "transaction_timestamp", "get_current_timestamp", "get_current_time",
)  # fmt: skip
_CALLED = re.compile(rf"\b(?:{'|'.join(_CALLS)})\s*\(")
# of one argument it is the time until today
_AGE = re.compile(r"\bage\s*\(((?:[^(),]|\([^()]*\))*)\)")
# what is no SQL of the query's own, and where FROM is part of an expression
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.S)
_NO_SOURCE = re.compile(r"\bdistinct\s+from\b|\(\s*[\w.']+\s+from\b")
_FILE = r"'[^']*\.(?:csv|tsv|txt|parquet|json|jsonl|ndjson|xlsx|db|duckdb)(?:\.\w+)?'"
_OUTSIDE = re.compile(
    # a file, by a function or by its name; a table of another schema
    r"\b(?:read_\w+|\w+_scan|glob|sniff_csv|query|query_table)\s*\("
    rf"|(?:\bfrom|\bjoin|,)\s*{_FILE}"
    r"|\b(?:from|join)\s+'"
    r"|\b(?:from|join)\s+(?!\"?main\"?\s*\.)(?:\w+|\"[^\"]+\")\s*\.\s*[\w\"]"
)
# most SQL has nothing of the sort, which these say in no time
_READERS = ("read_", "_scan", "glob", "sniff_csv", "query")
_NAMED = [re.compile(word + r"\s+(?:['\"]|\w+\s*\.)") for word in ("from", "join")]
_FILES = re.compile(r"\.\w+(?:\.\w+)?'")


@cache
def is_volatile(sql: str) -> bool:
    """Whether the same SQL may answer differently over the same rows.

    >>> is_volatile("select now()"), is_volatile("select date('now')")
    (True, True)
    >>> is_volatile("select cast(null as uuid) as id -- what is known now")
    False
    """
    plain = sql.lower()
    if any(clock in plain for clock in _CLOCKS) or reads_outside(sql):
        return True
    # a look for each word first: a pattern is slow to say that there is none
    if "age" in plain and _AGE.search(plain) is not None:
        return True
    return any(word in plain for word in _CALLS) and _CALLED.search(plain) is not None


@cache
def reads_outside(sql: str) -> bool:
    """Whether it reads what is no table of the project's schema, whose changes nobody would see.

    >>> reads_outside("select * from read_csv('a.csv')"), reads_outside("select * from raw.orders")
    (True, True)
    >>> reads_outside("select extract(year from o.t) from main.orders as o -- from a.b")
    False
    """
    plain = sql.lower()
    if (
        not any(word in plain for word in _READERS)
        and not any(named.search(plain) for named in _NAMED)
        and _FILES.search(plain) is None
    ):
        return False
    return _OUTSIDE.search(_NO_SOURCE.sub(" ", _COMMENT.sub(" ", plain))) is not None
