"""DuckDB: the default engine. Portable SQL is its own dialect, so nothing is translated."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import duckdb

from runner.config import Target
from runner.engines import duckdb_definitions
from runner.engines.base import Column, Params, Relation, Result, prepare_place
from runner.engines.commits import COMMITS
from runner.engines.duckdb_catalogue import quote
from runner.engines.duckdb_errors import refuse, refuse_to_open
from runner.engines.duckdb_guards import GUARD_TABLE, DuckDBGuards
from runner.engines.duckdb_memory import Memory, keep_blocks
from runner.errors import EngineError
from runner.sqltyping.types import parse_type

if TYPE_CHECKING:
    from runner.engines.staging import Staging, TextBlock

_FETCH_ROWS = 10_000
_SOURCE = "source_ledger"
_INSERT_ROWS = 10_000
_POLL_SECONDS = 0.1
_FRUGAL_MB_PER_THREAD = 64  # some columns' blocks at once, of a thread's part of a table


def connect(
    target: Target, *, read_only: bool = False, wait_seconds: float = 0, frugal: bool = False
) -> DuckDBEngine:
    deadline = time.monotonic() + wait_seconds
    options: dict[str, Any] = {
        # without these a missing extension stalls for seconds on a machine with no network
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        # row order carries no meaning in the ledger, and keeping it costs memory
        "preserve_insertion_order": "false",
    }
    if frugal:
        # memory that is used again is had faster than more of it
        options["memory_limit"] = f"{_FRUGAL_MB_PER_THREAD * (os.cpu_count() or 1)}MB"
    options.update(target.settings)
    in_memory = str(target.path) == ":memory:"
    if not in_memory:
        prepare_place(target, read_only=read_only)
    while True:
        try:
            connection = duckdb.connect(
                ":memory:" if in_memory else str(target.path),
                read_only=read_only and not in_memory,
                config=options,
            )
            connection.execute("set TimeZone = 'UTC'")
            keep_blocks(connection)
            # it takes sums over an outer join to nothing for zero, and folds what compares them
            connection.execute("set disabled_optimizers = 'statistics_propagation'")
            if read_only:
                # a reader could otherwise COPY over any file, the ledger's own included
                connection.execute("set enable_external_access = false")
                connection.execute("set lock_configuration = true")
            return DuckDBEngine(target, connection)
        except duckdb.Error as error:
            if "Could not set lock" in str(error) and time.monotonic() < deadline:
                time.sleep(_POLL_SECONDS)
                continue
            refuse_to_open(error, target)


def _has_semicolon(sql: str) -> bool:
    """Whether a semicolon stands outside of strings, names and comments."""
    if ";" not in sql:
        return False
    octets = sql.encode()  # which positions are counted in
    return any(octets[start : start + 1] == b";" for start, _ in duckdb.tokenize(sql))


def _exact(value: Any) -> Any:
    """The value as a parameter: as text, numbers of different scales share a list, and no number
    goes through a binary one, as those beyond 38 digits do."""
    return format(value, "f") if isinstance(value, Decimal) else value


class DuckDBEngine(DuckDBGuards):
    name = "duckdb"
    zone_row_count: int | None = 122_880  # a row group
    own_tables = frozenset({GUARD_TABLE})

    def __init__(self, target: Target, connection: duckdb.DuckDBPyConnection) -> None:
        self.target = target
        self.connection = connection
        self._queries: set[str] = set()  # text that was found to be one SELECT
        self._attached: list[str] = []
        self._memory = Memory(connection, is_set="memory_limit" in target.settings)

    def close(self) -> None:
        self.connection.close()

    # statements

    def execute(self, sql: str, params: Params = ()) -> None:
        self._forget_catalogue()
        self._run(sql, params)

    def query(self, sql: str, params: Params = ()) -> Result:
        self._require_one(sql)
        cursor = self._run(sql, params)
        columns = tuple(
            Column(d[0], parse_type(str(d[1])), str(d[1])) for d in cursor.description or ()
        )
        return Result(columns, self._fetch(cursor, columns))

    query_native = query

    def evaluate(self, sql: str) -> None:
        self._require_one(sql, select=True)
        # an aggregate would do, where each type had one; this computes all and returns no row
        self._run(f"explain analyze {sql}")

    def copy_facts(
        self, source: Path, tables: Mapping[str, Sequence[str]], until: datetime
    ) -> None:
        path = str(source).replace("'", "''")
        self._run(f"attach '{path}' as {_SOURCE} (read_only)")
        try:
            with self.transaction():
                for table, columns in tables.items():
                    listed = ", ".join(map(quote, columns))
                    # without its keys and constraints, which hold where the rows come from: to
                    # prove them once more took longer than all else
                    self.lift_guard(table)
                    self._run(f"drop table {quote(table)}")
                    self._run(
                        f"create table {quote(table)} as select {listed} "
                        f"from {_SOURCE}.main.{quote(table)} where recorded_at <= ?",
                        (until,),
                    )
                    self.guard_fact(table)
        finally:
            self._run(f"detach {_SOURCE}")

    def attach(self, source: Path, shown: Mapping[str, Relation]) -> None:
        path = str(source).replace("'", "''")
        name = f"{_SOURCE}_{len(self._attached)}"
        if not self._attached and "temp_directory" not in self.target.settings:
            # what does not fit in memory would be spilled into the folder the command is called in
            self._run(f"set temp_directory = '{path}.tmp'")
        try:
            self.connection.execute(f"attach '{path}' as {name} (read_only)")
        except duckdb.Error as error:
            refuse(error, source)
        self._attached.append(name)
        for view, relation in shown.items():
            self._run(
                f"create temp view {quote(view)} as "
                f"select * from {name}.main.{quote(relation.name)}"
            )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._run("begin transaction")
        self._hold_catalogue()
        try:
            yield
        except BaseException:
            # an engine that failed hard (disk full) may have ended the transaction itself
            with suppress(duckdb.Error):
                self.connection.execute("rollback")
            raise
        finally:
            self._release_catalogue()
        try:
            self.connection.execute("commit")
        except duckdb.Error as error:
            refuse(error, self.target.path)
        COMMITS.count += 1

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        self._run("begin transaction read only")
        try:
            yield
        finally:
            with suppress(duckdb.Error):
                self.connection.execute("rollback")

    def spare_memory(self, changed_rows: int) -> None:
        self._memory.spare(changed_rows)

    def use_all_memory(self) -> bool:
        return self._memory.use_all()

    def native(self, sql: str) -> str:
        return sql

    def _run(self, sql: str, params: Params = ()) -> duckdb.DuckDBPyConnection:
        try:
            return (
                self.connection.execute(sql, list(params))
                if params
                else self.connection.execute(sql)
            )
        except duckdb.Error as error:
            refuse(error, self.target.path)

    def _require_one(self, sql: str, *, select: bool = False) -> None:
        """Refuse text that is not one statement: a second one would run unseen."""
        # parsing long SQL once more takes its time, and only a semicolon can end a statement
        if sql in self._queries or (not select and not _has_semicolon(sql) and sql.strip()):
            return
        try:
            found = self.connection.extract_statements(sql)
        except duckdb.Error as error:
            refuse(error, self.target.path)
        if len(found) != 1 or (select and found[0].type != duckdb.StatementType.SELECT):
            raise EngineError(
                "R310",
                f"one {'query' if select else 'statement'} is needed, this is {len(found)}"
                if len(found) != 1
                else "a query is needed, and this is none",
                why=" ".join(sql.split())[:200],
                mend="write one SELECT, without a semicolon in it",
            )
        if select:
            self._queries.add(sql)

    def _fetch(
        self, cursor: duckdb.DuckDBPyConnection, columns: Sequence[Column]
    ) -> Iterator[tuple[Any, ...]]:
        has_uuids = any("UUID" in column.native_type for column in columns)
        try:
            while rows := cursor.fetchmany(_FETCH_ROWS):
                if not has_uuids:
                    yield from rows
                    continue
                for row in rows:
                    yield tuple(str(v) if isinstance(v, UUID) else v for v in row)
        except duckdb.Error as error:
            refuse(error, self.target.path)

    def text_blocks(self, sql: str, size: int) -> Iterator[list[str]]:
        """A query's one text column, `size` rows at a time: for hashing, so as fast as can be."""
        cursor = self._run(sql)
        try:
            while rows := cursor.fetchmany(size):
                yield [row[0] for row in rows]
        except duckdb.Error as error:
            refuse(error, self.target.path)

    def joined_blocks(self, sql: str, size: int) -> Iterator[TextBlock]:
        """A query's one text column, `size` rows at a time, each text ending in a newline."""
        from runner.engines import duckdb_texts

        self._require_one(sql)
        try:
            yield from duckdb_texts.blocks(self.connection, sql, size)
        except duckdb.Error as error:
            refuse(error, self.target.path)

    def staging(self) -> AbstractContextManager[Staging]:
        from runner.engines.staging import stage_in_place

        return stage_in_place(self)

    def describe(self, sql: str) -> tuple[Column, ...]:
        if _has_semicolon(sql) or len(sql.split(None, 1)) < 2:
            self._require_one(sql, select=True)
        try:
            rows = self._run(f"describe {sql}").fetchall()
        except EngineError:
            self._require_one(sql, select=True)
            raise
        # DESCRIBE takes one query, or the name of a table: so this need not be parsed once more
        self._queries.add(sql)
        return tuple(Column(r[0], parse_type(r[1]), r[1]) for r in rows)

    # definition

    def define(self, sql: str, *, append_only: bool = False) -> None:
        run = duckdb_definitions.defined(sql, append_only=append_only)
        if run is not None:
            self._forget_catalogue()
            self._run(run)

    def comment(self, table: str, column: str | None, text: str, *, is_view: bool = False) -> None:
        quoted = text.replace("'", "''")
        if column is None:
            kind = "view" if is_view else "table"
            self._run(f"comment on {kind} {quote(table)} is '{quoted}'")
        else:
            self._run(f"comment on column {quote(table)}.{quote(column)} is '{quoted}'")

    def table_as(self, name: str, sql: str, columns: Sequence[Column] | None = None) -> int:
        if _has_semicolon(sql):
            self._require_one(sql, select=True)
        self.drop(name)
        if columns is None or re.search(rf"\b{re.escape(name)}\b", sql, re.IGNORECASE):
            # a query that reads the table it replaces is refused here, that table being gone
            columns = self.describe(sql)
        if len({c.name.lower() for c in columns}) < len(columns):
            # only CREATE TABLE AS tells columns of one name apart
            row = self._run(f"create table {quote(name)} as {sql}").fetchone()
        else:
            self._define_table(name, columns)
            row = self._run(f"insert into {quote(name)} {sql}").fetchone()
        return int(row[0]) if row else self.row_count(name)

    def empty_table(self, name: str, columns: Sequence[Column]) -> None:
        self.drop(name)
        self._define_table(name, columns)

    def _define_table(self, name: str, columns: Sequence[Column]) -> None:
        listed = ", ".join(f"{quote(c.name)} {c.native_type or c.type}" for c in columns)
        held = duckdb_definitions.columns_held(c.name for c in columns)
        self._run(f"create table {quote(name)} ({listed}, {held})")

    def view_as(self, name: str, sql: str) -> None:
        self._require_one(sql, select=True)
        self.drop(name)
        self._run(f"create view {quote(name)} as {sql}")
        self._forget_catalogue()

    def insert_select(self, name: str, columns: Sequence[str], sql: str) -> int:
        self._require_one(sql, select=True)
        listed = ", ".join(quote(c) for c in columns)
        row = self._run(f"insert into {quote(name)} ({listed}) {sql}").fetchone()
        return int(row[0]) if row else 0

    def delete(self, name: str, condition: str) -> None:
        self._run(f"delete from {name} where {condition}")

    def insert_rows(
        self, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]]
    ) -> int:
        listed = ", ".join(quote(c.name) for c in columns)
        values = ", ".join(f"unnest(${place})" for place in range(1, len(columns) + 1))
        into = f"insert into {quote(name)} ({listed}) select {values}"
        source = iter(rows)
        inserted = 0
        # a list for each column: a parameter for each value takes thirteen times as long
        while chunk := list(islice(source, _INSERT_ROWS)):
            self._run(into, [[_exact(v) for v in column] for column in zip(*chunk, strict=True)])
            inserted += len(chunk)
        return inserted

    def integers(
        self, table: str, columns: Sequence[Column], order_by: Sequence[str]
    ) -> Iterator[tuple[int | None, ...]]:
        from runner.engines import duckdb_integers

        return duckdb_integers.fetch(self._run, table, columns, order_by)

    def insert_integers(
        self, name: str, columns: Sequence[Column], rows: Iterable[tuple[int | None, ...]]
    ) -> int:
        from runner.engines import duckdb_integers

        return duckdb_integers.insert(self._run, name, columns, rows)

    def drop(self, name: str) -> None:
        self._refuse_replacing(name)
        if name in self._views():
            self._run(f"drop view {quote(name)}")
            self._forget_catalogue()
        else:
            self._run(f"drop table if exists {quote(name)}")
