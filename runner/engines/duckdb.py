"""DuckDB: the default engine. Portable SQL is its own dialect, so nothing is translated."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import UUID

import duckdb

from runner.config import Target
from runner.engines.base import Column, Params, Relation, Result, prepare_place
from runner.errors import DatabaseCorrupt, DatabaseLocked, DiskFull, EngineError, Location
from runner.sqltyping.types import parse_type

if TYPE_CHECKING:
    from runner.engines.staging import Staging

_FETCH_ROWS = 10_000
_INSERT_ROWS = 500
_POLL_SECONDS = 0.1
_GUARD = "runner_guard"

# A foreign key multiplies load time here and forbids later changes to the parent
# (docs/engines.md); ingest proves references by anti-join and the checks prove them again.
_FOREIGN_KEY = re.compile(
    r",\s*constraint\s+fk_\w+\s+foreign\s+key\s*\([^)]*\)\s*references\s+\w+\s*\([^)]*\)", re.I
)
# Zone maps serve the ledger's scans; an ART index slows appends and pins the table's definition.
_SECONDARY_INDEX = re.compile(r"^\s*create\s+index\b", re.I)


def connect(target: Target, *, read_only: bool = False, wait_seconds: float = 0) -> DuckDBEngine:
    deadline = time.monotonic() + wait_seconds
    options: dict[str, Any] = {
        # without these a missing extension stalls for seconds on a machine with no network
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        # row order carries no meaning in the ledger, and keeping it costs memory
        "preserve_insertion_order": "false",
        **target.settings,
    }
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
            if read_only:
                # a reader could otherwise COPY over any file, the ledger's own included
                connection.execute("set enable_external_access = false")
                connection.execute("set lock_configuration = true")
            return DuckDBEngine(target, connection)
        except duckdb.Error as error:
            if "Could not set lock" in str(error) and time.monotonic() < deadline:
                time.sleep(_POLL_SECONDS)
                continue
            _refuse(error, target.path)


class DuckDBEngine:
    name = "duckdb"

    def __init__(self, target: Target, connection: duckdb.DuckDBPyConnection) -> None:
        self.target = target
        self.connection = connection

    def close(self) -> None:
        self.connection.close()

    # statements

    def execute(self, sql: str, params: Params = ()) -> None:
        self._run(sql, params)

    def query(self, sql: str, params: Params = ()) -> Result:
        self._require_one(sql)
        cursor = self._run(sql, params)
        columns = tuple(
            Column(d[0], parse_type(str(d[1])), str(d[1])) for d in cursor.description or ()
        )
        return Result(columns, self._fetch(cursor))

    query_native = query

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._run("begin transaction")
        try:
            yield
        except BaseException:
            # an engine that failed hard (disk full) may have ended the transaction itself
            with suppress(duckdb.Error):
                self.connection.execute("rollback")
            raise
        try:
            self.connection.execute("commit")
        except duckdb.Error as error:
            _refuse(error, self.target.path)

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
            _refuse(error, self.target.path)

    def _require_one(self, sql: str, *, select: bool = False) -> None:
        """Refuse text that is not one statement: a second one would run unseen."""
        try:
            found = self.connection.extract_statements(sql)
        except duckdb.Error as error:
            _refuse(error, self.target.path)
        if len(found) != 1 or (select and found[0].type != duckdb.StatementType.SELECT):
            raise EngineError(
                "R310",
                f"one {'query' if select else 'statement'} is needed, this is {len(found)}"
                if len(found) != 1
                else "a query is needed, and this is none",
                why=" ".join(sql.split())[:200],
                mend="write one SELECT, without a semicolon in it",
            )

    def _fetch(self, cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
        try:
            while rows := cursor.fetchmany(_FETCH_ROWS):
                for row in rows:
                    yield tuple(str(v) if isinstance(v, UUID) else v for v in row)
        except duckdb.Error as error:
            _refuse(error, self.target.path)

    def text_blocks(self, sql: str, size: int) -> Iterator[list[str]]:
        """A query's one text column, `size` rows at a time: for hashing, so as fast as can be."""
        cursor = self._run(sql)
        try:
            while rows := cursor.fetchmany(size):
                yield [row[0] for row in rows]
        except duckdb.Error as error:
            _refuse(error, self.target.path)

    def staging(self) -> AbstractContextManager[Staging]:
        from runner.engines.staging import stage_in_place

        return stage_in_place(self)

    # catalogue

    def relations(self) -> Mapping[str, Relation]:
        rows = self._run(
            """
            select c.table_name, t.table_type = 'VIEW', c.column_name, c.data_type
            from information_schema.columns as c
            inner join information_schema.tables as t
                on c.table_catalog = t.table_catalog
                and c.table_schema = t.table_schema
                and c.table_name = t.table_name
            where c.table_catalog = current_database() and c.table_schema = 'main'
            order by c.table_name, c.ordinal_position
            """
        ).fetchall()
        found: dict[str, tuple[bool, list[Column]]] = {}
        for table, is_view, column, data_type in rows:
            found.setdefault(table, (is_view, []))[1].append(
                Column(column, parse_type(data_type), data_type)
            )
        return {name: Relation(name, view, tuple(cols)) for name, (view, cols) in found.items()}

    def describe(self, sql: str) -> tuple[Column, ...]:
        self._require_one(sql, select=True)
        rows = self._run(f"describe {sql}").fetchall()
        return tuple(Column(r[0], parse_type(r[1]), r[1]) for r in rows)

    def row_count(self, table: str) -> int:
        row = self._run(f"select count(*) from {_quote(table)}").fetchone()
        assert row is not None
        return int(row[0])

    def guarded_facts(self) -> frozenset[str]:
        rows = self._run(
            """
            select table_name from duckdb_triggers()
            where trigger_name in (table_name || '_no_update', table_name || '_no_delete')
            group by table_name having count(*) = 2
            """
        ).fetchall()
        return frozenset(row[0] for row in rows)

    def schema_signature(self) -> Mapping[str, str]:
        signature = {
            f"table {name}": f"{sql} -- {comment or ''}"
            for name, sql, comment in self._run(
                "select table_name, sql, comment from duckdb_tables() "
                "where database_name = current_database() and not temporary"
            ).fetchall()
        }
        signature |= {
            f"column {table}.{column}": comment or ""
            for table, column, comment in self._run(
                "select table_name, column_name, comment from duckdb_columns() "
                "where database_name = current_database() and not internal"
            ).fetchall()
        }
        signature |= {
            f"trigger {name}": sql
            for name, sql in self._run("select trigger_name, sql from duckdb_triggers()").fetchall()
        }
        return signature

    # definition

    def define(self, sql: str) -> None:
        if _SECONDARY_INDEX.match(sql):
            return
        self._run(_FOREIGN_KEY.sub("", sql))

    def comment(self, table: str, column: str | None, text: str) -> None:
        quoted = text.replace("'", "''")
        if column is None:
            self._run(f"comment on table {_quote(table)} is '{quoted}'")
        else:
            self._run(f"comment on column {_quote(table)}.{_quote(column)} is '{quoted}'")

    def guard_fact(self, table: str) -> None:
        self._run(f"create table if not exists {_GUARD} (message varchar)")
        for verb in ("update", "delete"):
            self._run(
                f"create trigger {table}_no_{verb} after {verb} on {_quote(table)} "
                f"for each statement insert into {_GUARD} "
                f"select error('{table} holds facts: they are append-only, {verb.upper()} is "
                "refused; append a correction instead')"
            )

    def table_as(self, name: str, sql: str) -> int:
        self._require_one(sql, select=True)
        self.drop(name)
        cursor = self._run(f"create table {_quote(name)} as {sql}")
        row = cursor.fetchone()
        return int(row[0]) if row else self.row_count(name)

    def empty_table(self, name: str, columns: Sequence[Column]) -> None:
        self.drop(name)
        listed = ", ".join(f"{_quote(c.name)} {c.native_type or c.type}" for c in columns)
        self._run(f"create table {_quote(name)} ({listed})")

    def view_as(self, name: str, sql: str) -> None:
        self._require_one(sql, select=True)
        self.drop(name)
        self._run(f"create view {_quote(name)} as {sql}")

    def insert_select(self, name: str, columns: Sequence[str], sql: str) -> int:
        self._require_one(sql, select=True)
        listed = ", ".join(_quote(c) for c in columns)
        row = self._run(f"insert into {_quote(name)} ({listed}) {sql}").fetchone()
        return int(row[0]) if row else 0

    def insert_rows(
        self, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]]
    ) -> int:
        listed = ", ".join(_quote(c.name) for c in columns)
        marks = ", ".join("?" for _ in columns)
        into = f"insert into {_quote(name)} ({listed}) values "
        source = iter(rows)
        inserted = 0
        # many rows a statement: a statement a row takes a hundred times as long
        while chunk := list(islice(source, _INSERT_ROWS)):
            self._run(
                into + ", ".join([f"({marks})"] * len(chunk)), [v for row in chunk for v in row]
            )
            inserted += len(chunk)
        return inserted

    def drop(self, name: str) -> None:
        row = self._run(
            "select table_type from information_schema.tables where table_name = ? "
            "and table_schema = 'main' and table_catalog = current_database()",
            (name,),
        ).fetchone()
        if row is not None:
            self._run(f"drop {'view' if row[0] == 'VIEW' else 'table'} {_quote(name)}")


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _refuse(error: duckdb.Error, path: Path) -> NoReturn:
    """Raise what DuckDB said as the kind of error a person can act on."""
    text = str(error).strip()
    low = text.lower()
    if "could not set lock" in low:
        holder = re.search(r"held in (.+?) \(PID (\d+)\)", text)
        raise DatabaseLocked(
            "R302",
            f"{path.name} is held by another process"
            + (f": {holder.group(1)}, PID {holder.group(2)}" if holder else ""),
            where=Location(path),
            why="DuckDB lets one process write a file, or several read it, not both",
            mend="close that process, or wait for it with --wait SECONDS",
        ) from error
    if "not a valid duckdb database" in low or "corrupt" in low or "checksum" in low:
        raise DatabaseCorrupt(
            "R303",
            f"{path.name} is not a readable DuckDB database",
            where=Location(path),
            why=text.splitlines()[0],
            mend="restore it from a copy, or move it away and run `runner build` anew",
        ) from error
    if "no space left" in low or "could not write" in low or "failed to write" in low:
        raise DiskFull(
            "R304",
            f"no room left to write {path.name}",
            where=Location(path),
            why=text.splitlines()[0],
            mend="free some space; nothing was published and nothing is half-written",
        ) from error
    if isinstance(error, duckdb.OutOfMemoryException):
        raise EngineError(
            "R305",
            "DuckDB ran out of the memory it may use",
            why=text.splitlines()[0],
            mend="raise memory_limit, or set temp_directory to a disk with room, in the target",
        ) from error
    if "overflow" in low or "out of range" in low:
        raise EngineError(
            "R312",
            "a number leaves the 38 digits it may have",
            why=text.splitlines()[0],
            mend="look for a quantity, price or fee far too large; a wrong fill is mended by "
            "appending a BUST or a CORRECTION of it",
        ) from error
    raise EngineError("R310", "DuckDB refused a statement", why=text) from error
