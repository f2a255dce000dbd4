"""Where ingest reads, maps and judges rows before the ledger takes them: always DuckDB.

A DuckDB ledger stages in temporary tables of its own connection, so that rows never pass through
Python. Any other ledger stages in a DuckDB of its own in memory, and rows go over in chunks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Protocol

import apsw

from runner.engines.base import Column, Engine, Params
from runner.sqltyping.types import Kind

_CHUNK_ROWS = 20_000
_KEYS_ASKED = 1_000
PREFIX = "ingest_"


class TextBlock(NamedTuple):
    """The texts of some rows, joined by newlines, in UTF-8."""

    row_count: int
    text: bytes


class Staging(Protocol):
    """A DuckDB connection beside, or inside, the ledger. Its tables are called ingest_…."""

    def run(self, sql: str, params: Params = ()) -> None: ...

    def rows(self, sql: str, params: Params = ()) -> list[tuple[Any, ...]]: ...

    def blocks(self, sql: str, size: int) -> Iterator[TextBlock]:
        """A query's one text column, `size` rows at a time; run nothing else before the last.

        Each text ends in a newline; so a block is its texts joined by newlines.
        """
        ...

    def ledger(
        self, table: str, columns: Sequence[Column], key: str, wanted: str | None = None
    ) -> str:
        """The name of a staging relation that has the ledger's rows of `table`.

        `wanted` is a staging query of the values of `key` that matter; None: every row. The
        relation may hold more rows than wanted, never fewer.
        """
        ...

    def append(self, table: str, columns: Sequence[Column], sql: str) -> int:
        """Append the rows of a staging query to a fact table; how many."""
        ...


class DuckDB(Engine, Protocol):
    """What staging asks of the DuckDB engine beyond the protocol."""

    def joined_blocks(self, sql: str, size: int) -> Iterator[TextBlock]: ...


@contextmanager
def stage_in_place(engine: DuckDB) -> Iterator[Staging]:
    """Temporary tables of a DuckDB ledger's own connection."""
    staging = _InPlace(engine)
    before = staging.rows("select current_setting('preserve_insertion_order')")[0][0]
    staging.run("set preserve_insertion_order = true")  # line numbers need it
    try:
        yield staging
    finally:
        staging.close(f"set preserve_insertion_order = {str(before).lower()}")


@contextmanager
def stage_beside(
    engine: Engine, connection: apsw.Connection, refuse: Callable[[apsw.Error, Path], NoReturn]
) -> Iterator[Staging]:
    """A DuckDB in memory beside a SQLite ledger."""
    with _in_memory() as memory:
        yield _Beside(memory, engine, connection, refuse)


@contextmanager
def stage_as_of(engine: Engine, batch_id: int) -> Iterator[Staging]:
    """A DuckDB in memory beside a ledger that is only read, as it was before a batch."""
    with _in_memory() as memory:
        yield _AsOf(memory, engine, batch_id)


@contextmanager
def _in_memory() -> Iterator[DuckDB]:
    from runner.config import Target
    from runner.engines import duckdb

    memory = duckdb.connect(Target("staging", "duckdb", Path(":memory:")))
    try:
        memory.execute("set preserve_insertion_order = true")
        yield memory
    finally:
        memory.close()


class _InPlace:
    def __init__(self, engine: DuckDB) -> None:
        self.engine = engine

    def run(self, sql: str, params: Params = ()) -> None:
        self.engine.execute(sql, params)

    def rows(self, sql: str, params: Params = ()) -> list[tuple[Any, ...]]:
        return list(self.engine.query(sql, params).rows)

    def blocks(self, sql: str, size: int) -> Iterator[TextBlock]:
        return self.engine.joined_blocks(sql, size)

    def ledger(
        self, table: str, columns: Sequence[Column], key: str, wanted: str | None = None
    ) -> str:
        return f"main.{table}"

    def append(self, table: str, columns: Sequence[Column], sql: str) -> int:
        return self.engine.insert_select(table, [c.name for c in columns], sql)

    def close(self, restore: str) -> None:
        # after an error the transaction is aborted, and its rollback takes the tables with it
        from runner.errors import EngineError

        try:
            for name, kind in self.rows(
                "select table_name, 'table' from duckdb_tables() where temporary "
                f"and starts_with(table_name, '{PREFIX}') union all "
                "select view_name, 'view' from duckdb_views() where temporary "
                f"and starts_with(view_name, '{PREFIX}')"
            ):
                self.run(f"drop {kind} temp.{name}")
            self.run(restore)
        except EngineError:
            pass


class _InMemory:
    def __init__(self, memory: DuckDB) -> None:
        self.memory = memory

    def run(self, sql: str, params: Params = ()) -> None:
        self.memory.execute(sql, params)

    def rows(self, sql: str, params: Params = ()) -> list[tuple[Any, ...]]:
        return list(self.memory.query(sql, params).rows)

    def blocks(self, sql: str, size: int) -> Iterator[TextBlock]:
        return self.memory.joined_blocks(sql, size)

    def _emptied(self, table: str, columns: Sequence[Column]) -> str:
        """The staging table for the ledger's rows of `table`, without a row; its name."""
        name = f"{PREFIX}ledger_{table}"
        typed = ", ".join(f"{c.name} {_duckdb_type(c)}" for c in columns)
        self.run(f"create or replace temp table {name} ({typed})")
        return name

    def _fill(self, name: str, columns: Sequence[Column], rows: Iterator[tuple[Any, ...]]) -> None:
        """Rows of Python values, a column at a time, as text."""
        casts = ", ".join(f"cast(unnest(?::varchar[]) as {_duckdb_type(c)})" for c in columns)
        while chunk := list(islice(rows, _CHUNK_ROWS)):
            texts = [
                [None if v is None else str(v) for v in values]
                for values in zip(*chunk, strict=True)
            ]
            self.memory.execute(f"insert into {name} select {casts}", texts)


class _AsOf(_InMemory):
    def __init__(self, memory: DuckDB, engine: Engine, batch_id: int) -> None:
        super().__init__(memory)
        self.engine = engine
        self.batch_id = batch_id

    def ledger(
        self, table: str, columns: Sequence[Column], key: str, wanted: str | None = None
    ) -> str:
        name = self._emptied(table, columns)
        listed = ", ".join(c.name for c in columns)
        earlier = f"from {table} where batch_id < {self.batch_id}"
        if not list(self.engine.query(f"select 1 as one {earlier} limit 1").rows):
            return name
        for condition in self._conditions(columns, key, wanted):
            rows = self.engine.query(f"select {listed} {earlier}{condition}").rows
            self._fill(name, columns, rows)
        return name

    def _conditions(self, columns: Sequence[Column], key: str, wanted: str | None) -> Iterator[str]:
        if wanted is None:
            yield ""
            return
        (column,) = (c for c in columns if c.name == key)
        keys = (row[0] for row in self.memory.query(f"select distinct * from ({wanted})").rows)
        found = [str(value) for value in keys if value is not None]
        for condition in in_lists(column, found):
            yield f" and {condition}"

    def append(self, table: str, columns: Sequence[Column], sql: str) -> int:
        raise AssertionError("a ledger as it was takes no rows")


def in_lists(column: Column, values: Sequence[str]) -> Iterator[str]:
    """Portable SQL of whether a key is one of these texts, as many of them as one query may ask."""
    literals = ["'" + value.replace("'", "''") + "'" for value in values]
    if column.type.kind is Kind.UUID:
        literals = [f"cast({literal} as uuid)" for literal in literals]
    for start in range(0, len(literals), _KEYS_ASKED):
        yield f"{column.name} in ({', '.join(literals[start : start + _KEYS_ASKED])})"


class _Beside(_InMemory):
    def __init__(
        self,
        memory: DuckDB,
        engine: Engine,
        connection: apsw.Connection,
        refuse: Callable[[apsw.Error, Path], NoReturn],
    ) -> None:
        super().__init__(memory)
        self.refuse = refuse
        self.engine = engine
        self.connection = connection
        # a row may come before the row it points to; every reference holds at the commit
        connection.execute("pragma defer_foreign_keys = on")

    def ledger(
        self, table: str, columns: Sequence[Column], key: str, wanted: str | None = None
    ) -> str:
        name = self._emptied(table, columns)
        listed = ", ".join(c.name for c in columns)
        sql = f"select {listed} from {table}"
        if wanted is not None:
            self._keys(wanted)
            sql += f" where {key} in (select key from temp.{PREFIX}keys)"
        self._fill(name, columns, iter(self.connection.execute(sql)))
        return name

    def _keys(self, wanted: str) -> None:
        self.connection.execute(f"drop table if exists temp.{PREFIX}keys")
        self.connection.execute(f"create temp table {PREFIX}keys (key text primary key)")
        self.connection.executemany(
            f"insert or ignore into temp.{PREFIX}keys values (?)",
            ((str(row[0]),) for row in self.memory.query(wanted).rows if row[0] is not None),
        )

    def append(self, table: str, columns: Sequence[Column], sql: str) -> int:
        """SQLite's own spelling of each value is made in SQL: no conversion row by row."""
        listed = ", ".join(c.name for c in columns)
        stored = ", ".join(_sqlite_value(c) for c in columns)
        rows = self.memory.query(f"select {stored} from ({sql}) as source").rows
        marks = ", ".join("?" for _ in columns)
        before = self.connection.total_changes()
        try:
            self.connection.executemany(f"insert into {table} ({listed}) values ({marks})", rows)
        except apsw.Error as error:
            self.refuse(error, self.engine.target.path)
        return self.connection.total_changes() - before


def _duckdb_type(column: Column) -> str:
    return {Kind.TEXT: "varchar", Kind.INTEGER: "bigint"}.get(column.type.kind, str(column.type))


def _sqlite_value(column: Column) -> str:
    name = column.name
    if column.type.kind is Kind.TIMESTAMP:
        return f"strftime({name}, '%Y-%m-%d %H:%M:%S.%f')"
    if column.type.kind is Kind.BOOLEAN:
        return f"cast({name} as integer)"
    if column.type.kind is Kind.INTEGER:
        return f"cast({name} as bigint)"
    return f"cast({name} as varchar)"
