"""The few SQL types the ledger's SQL is written in, and how they are spelled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache


class Kind(Enum):
    DECIMAL = "decimal"
    INTEGER = "integer"  # every whole-number width up to 64 bits
    HUGEINT = "hugeint"  # 128 bits: DuckDB's sums of integers
    DOUBLE = "double"
    BOOLEAN = "boolean"
    TEXT = "text"
    UUID = "uuid"
    JSON = "json"
    DATE = "date"
    TIMESTAMP = "timestamp"
    BLOB = "blob"
    INTERVAL = "interval"
    NULL = "null"  # an untyped null
    UNKNOWN = "unknown"  # not inferred


@dataclass(frozen=True)
class SqlType:
    kind: Kind
    precision: int | None = None  # DECIMAL only
    scale: int | None = None  # DECIMAL only

    def __str__(self) -> str:
        if self.kind is Kind.DECIMAL:
            return f"decimal({self.precision},{self.scale})"
        return str(self.kind.value)


def decimal(precision: int, scale: int) -> SqlType:
    return SqlType(Kind.DECIMAL, precision, scale)


MONEY = decimal(38, 12)
INTEGER = SqlType(Kind.INTEGER)
HUGEINT = SqlType(Kind.HUGEINT)
DOUBLE = SqlType(Kind.DOUBLE)
BOOLEAN = SqlType(Kind.BOOLEAN)
TEXT = SqlType(Kind.TEXT)
UUID = SqlType(Kind.UUID)
JSON = SqlType(Kind.JSON)
DATE = SqlType(Kind.DATE)
TIMESTAMP = SqlType(Kind.TIMESTAMP)
BLOB = SqlType(Kind.BLOB)
INTERVAL = SqlType(Kind.INTERVAL)
NULL = SqlType(Kind.NULL)
UNKNOWN = SqlType(Kind.UNKNOWN)

_ALIASES = {
    "tinyint": INTEGER, "smallint": INTEGER, "int": INTEGER, "integer": INTEGER,
    "bigint": INTEGER, "utinyint": INTEGER, "usmallint": INTEGER, "uinteger": INTEGER,
    "ubigint": INTEGER, "int8": INTEGER, "int4": INTEGER, "int2": INTEGER, "long": INTEGER,
    "hugeint": HUGEINT, "uhugeint": HUGEINT, "int128": HUGEINT,
    "float": DOUBLE, "real": DOUBLE, "double": DOUBLE, "double precision": DOUBLE,
    "float4": DOUBLE, "float8": DOUBLE,
    "boolean": BOOLEAN, "bool": BOOLEAN,
    "text": TEXT, "varchar": TEXT, "string": TEXT, "char": TEXT,
    "uuid": UUID, "json": JSON, "date": DATE, "blob": BLOB, "bytea": BLOB,
    "interval": INTERVAL,
    "timestamp": TIMESTAMP, "datetime": TIMESTAMP, "timestamp without time zone": TIMESTAMP,
    '"null"': NULL, "null": NULL,
}  # fmt: skip

_DECIMAL = re.compile(r"(?:decimal|numeric)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?$")


@cache
def parse_type(text: str) -> SqlType:
    """Read a type as DuckDB or a model's YAML spells it; UNKNOWN for any other.

    >>> str(parse_type("DECIMAL(38,12)"))
    'decimal(38,12)'
    >>> str(parse_type("bigint"))
    'integer'
    """
    word = " ".join(text.strip().lower().split())
    if word in _ALIASES:
        return _ALIASES[word]
    found = _DECIMAL.match(word)
    if found:
        # DuckDB's default for a bare DECIMAL
        precision = int(found.group(1)) if found.group(1) else 18
        scale = int(found.group(2)) if found.group(2) else (0 if found.group(1) else 3)
        return decimal(precision, scale)
    if word.startswith(("varchar(", "char(")):
        return TEXT
    return UNKNOWN
