"""A folder of Parquet files as a database that only reads: NAME.parquet is the table NAME."""

from __future__ import annotations

from pathlib import Path

from runner.engines.base import Engine, open_memory
from runner.engines.duckdb_catalogue import quote
from runner.errors import UsageError


def open_folder(folder: Path) -> Engine:
    """DuckDB in memory with a view of each file; nothing is written, and nothing else is read."""
    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise UsageError(
            "R217",
            f"{folder} holds no Parquet file",
            mend='export tables to it: runner query "select * from orders" --format parquet '
            f"-o {folder / 'orders.parquet'}",
        )
    engine = open_memory("duckdb")
    within = str(folder.resolve()).replace("'", "''")
    engine.execute(f"set allowed_directories = ['{within}']")
    engine.execute("set enable_external_access = false")
    engine.execute("set lock_configuration = true")
    for file in files:
        path = str(file.resolve()).replace("'", "''")
        engine.execute(f"create view {quote(file.stem)} as select * from read_parquet('{path}')")
    return engine
