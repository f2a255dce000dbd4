"""Parquet through DuckDB, which keeps decimals as decimals."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from pathlib import Path

from runner.engines.base import Column, Result, open_memory
from runner.report.whole_file import whole_file
from runner.report.write import unique_names
from runner.sqltyping.types import Kind, SqlType

_CHUNK_ROWS = 20_000
_STORED = {
    Kind.INTEGER: "bigint",
    Kind.HUGEINT: "decimal(38,0)",  # Parquet has no wider whole number, and DuckDB writes a double
    Kind.TEXT: "varchar",
    Kind.UNKNOWN: "varchar",
    Kind.NULL: "varchar",
}


def parquet_type(type_: SqlType) -> str:
    """What a column is stored as, in DuckDB's words.

    A whole number has 64 bits, a sum of such 38 digits.
    """
    return _STORED.get(type_.kind, str(type_))


def write_parquet(answer: Result, output: Path) -> None:
    with whole_file(output) as partial, closing(open_memory("duckdb")) as engine:
        known = [
            Column(name, c.type, parquet_type(c.type))
            for name, c in zip(
                unique_names(c.name for c in answer.columns), answer.columns, strict=True
            )
        ]
        engine.empty_table("answer", known)
        while chunk := list(islice(answer.rows, _CHUNK_ROWS)):
            engine.insert_rows("answer", known, chunk)
        quoted = str(partial).replace("'", "''")
        engine.execute(f"copy answer to '{quoted}' (format parquet)")
