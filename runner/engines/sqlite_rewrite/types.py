"""How every type is stored on SQLite, and declared so that it can be read back.

Values are canonical: of one type, equal values are equal bytes. A decimal is text of fixed scale, a
timestamp text with six decimals in UTC; see runner/engines/sqlite_decimals.py.
"""

from __future__ import annotations

import re
from functools import cache

from runner.sqltyping.types import (
    BLOB,
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    JSON,
    TEXT,
    TIMESTAMP,
    UNKNOWN,
    UUID,
    Kind,
    SqlType,
    decimal,
)

# declared names are chosen for the affinity SQLite reads in them: TEXT, INT and DOUB
_DECLARED = {
    Kind.TEXT: "TEXT",
    Kind.TIMESTAMP: "TIMESTAMP_TEXT",
    Kind.DATE: "DATE_TEXT",
    Kind.UUID: "UUID_TEXT",
    Kind.JSON: "JSON_TEXT",
    Kind.BOOLEAN: "BOOLEAN_INTEGER",
    Kind.INTEGER: "BIGINT",
    Kind.HUGEINT: "BIGINT",
    Kind.DOUBLE: "DOUBLE",
    Kind.BLOB: "BLOB",
    Kind.NULL: "BIGINT",  # as DuckDB stores a column of untyped nulls
}
_READ = {
    "TEXT": TEXT, "TIMESTAMP_TEXT": TIMESTAMP, "DATE_TEXT": DATE, "UUID_TEXT": UUID,
    "JSON_TEXT": JSON, "BOOLEAN_INTEGER": BOOLEAN, "BIGINT": INTEGER, "INTEGER": INTEGER,
    "INT": INTEGER, "DOUBLE": DOUBLE, "REAL": DOUBLE, "BLOB": BLOB,
}  # fmt: skip
_DECIMAL = re.compile(r"DECIMAL_TEXT\((\d+), *(\d+)\)")


def sqlite_type(type_: SqlType) -> str:
    """The declared type of a column. Raises ValueError for a type SQLite has no place for.

    >>> from runner.sqltyping.types import MONEY
    >>> sqlite_type(MONEY)
    'DECIMAL_TEXT(38,12)'
    """
    if type_.kind is Kind.DECIMAL:
        return f"DECIMAL_TEXT({type_.precision},{type_.scale})"
    if type_.kind not in _DECLARED:
        raise ValueError(f"no SQLite column can hold {type_}")
    return _DECLARED[type_.kind]


@cache
def parse_sqlite_type(declared: str) -> SqlType:
    """The type a declared one stands for; UNKNOWN for one `sqlite_type` never writes.

    >>> str(parse_sqlite_type("DECIMAL_TEXT(38,12)"))
    'decimal(38,12)'
    """
    word = " ".join(declared.split()).upper()
    found = _DECIMAL.fullmatch(word)
    if found:
        return decimal(int(found[1]), int(found[2]))
    return _READ.get(word, UNKNOWN)
