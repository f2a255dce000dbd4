"""SQLite: the same ledger in a file any tool opens. Portable SQL is rewritten, exactly or refused.

Money is text of a fixed scale (`sqlite_rewrite` says how every type is stored), so a stock
`sqlite3` shell reads it; arithmetic goes through exact functions this connection registers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw

from runner.config import Target
from runner.engines import sqlite_functions
from runner.engines.base import Column, Params, Relation, Result, prepare_place
from runner.engines.commits import COMMITS
from runner.engines.lockfile import WriterLock
from runner.engines.sqlite_authorizer import authorize_reader
from runner.engines.sqlite_catalogue import COMMENTS, VIEW_COLUMNS, quote
from runner.engines.sqlite_errors import refuse, refuse_empty
from runner.engines.sqlite_guards import SQLiteGuards
from runner.engines.sqlite_rewrite import parse_sqlite_type, rewrite, rewrite_statement, sqlite_type
from runner.engines.sqlite_values import decoder, encoder
from runner.errors import DatabaseCorrupt
from runner.sqltyping.types import parse_type

if TYPE_CHECKING:
    from runner.engines.staging import Staging

# what a later migration may do to a table of facts: add a column that may be null
_DROP_COLUMN = re.compile(r"\s*alter\s+table\s+\w+\s+drop\s+column\s+\w+\s*", re.I)
_ADD_COLUMN = re.compile(
    r"\s*alter\s+table\s+(\w+)\s+add\s+column\s+(\w+)\s+(\w+(?:\s*\([\d\s,]+\))?)\s*$", re.I
)
_SOURCE = "source_ledger"
_SURVEYED_ROWS = 400  # of an index, as SQLite's documentation recommends


def connect(
    target: Target, *, read_only: bool = False, wait_seconds: float = 0, frugal: bool = False
) -> SQLiteEngine:
    """`frugal` is what it is anyway."""
    in_memory = str(target.path) == ":memory:"
    if not in_memory:
        prepare_place(target, read_only=read_only)
    lock = None if read_only or in_memory else WriterLock(target.path, wait_seconds)
    try:
        refuse_empty(target.path)
    except DatabaseCorrupt:
        if lock is not None:
            lock.release()
        raise
    flags = (
        apsw.SQLITE_OPEN_READONLY
        if read_only
        else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    )
    if in_memory:
        # what it attaches is named by a URI, which can say that it is only read
        flags |= apsw.SQLITE_OPEN_URI
    try:
        connection = apsw.Connection(str(target.path), flags=flags)
        # a program that is not the runner may be writing too
        connection.set_busy_timeout(int(wait_seconds * 1000))
        sqlite_functions.register(connection)
        if not read_only:
            connection.execute("pragma journal_mode = wal")
        connection.execute("pragma foreign_keys = on")
        connection.execute(f"pragma analysis_limit = {_SURVEYED_ROWS}")
        # without it INSERT OR REPLACE deletes a fact past its guard
        connection.execute("pragma recursive_triggers = on")
        if read_only:
            connection.authorizer = authorize_reader
    except apsw.Error as error:
        if lock is not None:
            lock.release()
        refuse(error, target.path)
    return SQLiteEngine(target, connection, lock)


class SQLiteEngine(SQLiteGuards):
    name = "sqlite"
    zone_row_count: int | None = None
    own_tables = frozenset({VIEW_COLUMNS, COMMENTS})

    def __init__(
        self, target: Target, connection: apsw.Connection, lock: WriterLock | None = None
    ) -> None:
        self.target = target
        self._lock = lock
        self.connection = connection
        super().__init__()
        self._is_surveyed = False

    def close(self) -> None:
        self.connection.close()
        if self._lock is not None:
            self._lock.release()

    # statements

    def execute(self, sql: str, params: Params = ()) -> None:
        self._run(rewrite_statement(sql, self._schema()), _encode_params(params))
        self._known = None

    def query(self, sql: str, params: Params = ()) -> Result:
        rewritten = rewrite(sql, self._schema())
        columns = tuple(Column(name, t, sqlite_type(t)) for name, t in rewritten.columns)
        cursor = self._run(rewritten.sql, _encode_params(params))
        return Result(columns, self._fetch(cursor, [decoder(c.type) for c in columns]))

    def text_blocks(self, sql: str, size: int) -> Iterator[list[str]]:
        rows = self.query(sql).rows
        while block := [str(row[0]) for row in islice(rows, size)]:
            yield block

    def evaluate(self, sql: str) -> None:
        try:
            for _ in self._run(rewrite(sql, self._schema()).sql):
                pass
        except apsw.Error as error:
            refuse(error, self.target.path)

    def query_native(self, sql: str, params: Params = ()) -> Result:
        cursor = self._run(sql, _encode_params(params))
        try:
            described = cursor.get_description()
        except apsw.ExecutionCompleteError:
            described = ()
        columns = tuple(Column(d[0], parse_sqlite_type(d[1] or ""), d[1] or "") for d in described)
        return Result(columns, self._fetch(cursor, [decoder(c.type) for c in columns]))

    def copy_facts(
        self, source: Path, tables: Mapping[str, Sequence[str]], until: datetime
    ) -> None:
        self._run(f"attach database ? as {_SOURCE}", (str(source),))
        try:
            with self.transaction():
                for table, columns in tables.items():
                    listed = ", ".join(map(quote, columns))
                    self._run(
                        f"insert into main.{quote(table)} ({listed}) select {listed} "
                        f"from {_SOURCE}.{quote(table)} where recorded_at <= ?",
                        _encode_params((until,)),
                    )
        finally:
            self._run(f"detach database {_SOURCE}")

    def attach(self, source: Path, shown: Mapping[str, Relation]) -> None:
        name = f"{_SOURCE}_{len(self._shown)}"
        self._run(f"attach database ? as {name}", (f"{source.absolute().as_uri()}?mode=ro",))
        for view, relation in shown.items():
            self._run(
                f"create temp view {quote(view)} as select * from {name}.{quote(relation.name)}"
            )
        self._shown.append({view: replace(r, name=view) for view, r in shown.items()})
        self._known = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._run("begin immediate")
        try:
            yield
        except BaseException:
            self._known = None
            # a full disk ends the transaction by itself
            if self.connection.in_transaction:
                self.connection.execute("rollback")
            raise
        try:
            self.connection.execute("commit")
        except apsw.Error as error:
            if self.connection.in_transaction:
                self.connection.execute("rollback")
            refuse(error, self.target.path)
        COMMITS.count += 1

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        # with a write-ahead log a reader of long keeps nobody from writing
        self._run("begin deferred")
        try:
            yield
        finally:
            if self.connection.in_transaction:
                self.connection.execute("rollback")

    def spare_memory(self, changed_rows: int) -> None:
        """It takes little in any case."""

    def use_all_memory(self) -> bool:
        return False

    def native(self, sql: str) -> str:
        return rewrite(sql, self._schema()).sql

    def _run(self, sql: str, params: Params = ()) -> apsw.Cursor:
        try:
            return self.connection.execute(sql, tuple(params))
        except apsw.Error as error:
            refuse(error, self.target.path)

    def _fetch(self, cursor: apsw.Cursor, decoders: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        try:
            for row in cursor:
                yield tuple(
                    None if value is None else decode(value)
                    for decode, value in zip(decoders, row, strict=True)
                )
        except apsw.Error as error:
            refuse(error, self.target.path)

    def staging(self) -> AbstractContextManager[Staging]:
        from runner.engines.staging import stage_beside

        return stage_beside(self, self.connection, refuse)

    def describe(self, sql: str) -> tuple[Column, ...]:
        rewritten = rewrite(sql, self._schema())
        return tuple(Column(name, t, sqlite_type(t)) for name, t in rewritten.columns)

    # definition

    def define(self, sql: str, *, append_only: bool = False) -> None:
        bare = re.sub(r"^\s*--.*$", "", sql, flags=re.M)
        indexed = self._indexed_table(bare)
        added = _ADD_COLUMN.match(bare)
        if added:
            table, column, column_type = added.groups()
            stored = sqlite_type(parse_type(column_type))
            self._run(f"alter table {quote(table)} add column {quote(column)} {stored}")
        elif _DROP_COLUMN.fullmatch(bare):
            self._run(bare)
        else:
            self._run(rewrite_statement(sql, self._schema()))
        if indexed is not None:
            self._renew_guard(indexed)
        dropped = re.match(r"\s*drop\s+table\s+(?:if\s+exists\s+)?(\w+)", sql, re.I)
        self._known = None
        if dropped and self.has_relation(COMMENTS):
            self._run(f"delete from {COMMENTS} where table_name = ?", (dropped.group(1),))

    def comment(self, table: str, column: str | None, text: str, *, is_view: bool = False) -> None:
        # SQLite's catalogue has no room for comments: they stand in a table of their own
        self._run(
            f"create table if not exists {COMMENTS} (table_name text not null, "
            "column_name text not null, comment text not null, "
            "primary key (table_name, column_name)) without rowid"
        )
        self._run(
            f"insert or replace into {COMMENTS} values (?, ?, ?)", (table, column or "", text)
        )

    def table_as(self, name: str, sql: str, columns: Sequence[Column] | None = None) -> int:
        rewritten = rewrite(sql, self._schema())
        self.drop(name)
        self.empty_table(name, [Column(n, t) for n, t in rewritten.columns])
        self._survey()
        before = self.connection.total_changes()
        self._run(f"insert into {quote(name)} {rewritten.sql}")
        inserted = self.connection.total_changes() - before
        self._run(f"analyze {quote(name)}")
        return inserted

    def _survey(self) -> None:
        """Have the planner know how large tables are, before the first is made of them.

        It takes all for small otherwise, and reads a large one once for each row of another.
        """
        if not self._is_surveyed:
            self._run("analyze main")
            self._is_surveyed = True

    def empty_table(self, name: str, columns: Sequence[Column]) -> None:
        self.drop(name)
        listed = ", ".join(f"{quote(c.name)} {sqlite_type(c.type)}" for c in columns)
        self._run(f"create table {quote(name)} ({listed})")
        self._known = None

    def view_as(self, name: str, sql: str) -> None:
        rewritten = rewrite(sql, self._schema())
        self.drop(name)
        self._run(f"create view {quote(name)} as {rewritten.sql}")
        self._run(
            f"create table if not exists {VIEW_COLUMNS} (view_name text not null, ordinal integer "
            "not null, column_name text not null, declared_type text not null, "
            "primary key (view_name, ordinal)) without rowid"
        )
        self._run(f"delete from {VIEW_COLUMNS} where view_name = ?", (name,))
        for ordinal, (column, column_type) in enumerate(rewritten.columns):
            self._run(
                f"insert into {VIEW_COLUMNS} values (?, ?, ?, ?)",
                (name, ordinal, column, sqlite_type(column_type)),
            )
        self._known = None

    def insert_select(self, name: str, columns: Sequence[str], sql: str) -> int:
        listed = ", ".join(quote(c) for c in columns)
        before = self.connection.total_changes()
        types = {column.name: column.type for column in self.relations()[name].columns}
        rewritten = rewrite(sql, self._schema(), into=[types[c] for c in columns])
        self._run(f"insert into {quote(name)} ({listed}) {rewritten.sql}")
        return self.connection.total_changes() - before

    def delete(self, name: str, condition: str) -> None:
        self._run(rewrite_statement(f"delete from {name} where {condition}", self._schema()))

    def insert_rows(
        self, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]]
    ) -> int:
        encoders = [encoder(c.type) for c in columns]
        listed = ", ".join(quote(c.name) for c in columns)
        marks = ", ".join("?" for _ in columns)
        before = self.connection.total_changes()
        encoded = (
            tuple(None if v is None else encode(v) for encode, v in zip(encoders, row, strict=True))
            for row in rows
        )
        try:
            self.connection.executemany(
                f"insert into {quote(name)} ({listed}) values ({marks})", encoded
            )
        except apsw.Error as error:
            refuse(error, self.target.path)
        return self.connection.total_changes() - before

    def integers(
        self, table: str, columns: Sequence[Column], order_by: Sequence[str]
    ) -> Iterator[tuple[int | None, ...]]:
        listed = ", ".join(quote(c.name) for c in columns)
        order = ", ".join(quote(c) for c in order_by)
        for row in self._run(f"select {listed} from {quote(table)} order by {order}"):
            # a decimal is text here; its fraction is all zeros
            yield tuple(int(v.partition(".")[0]) if isinstance(v, str) else v for v in row)

    def insert_integers(
        self, name: str, columns: Sequence[Column], rows: Iterable[tuple[int | None, ...]]
    ) -> int:
        inserted = self.insert_rows(name, columns, rows)
        self._run(f"analyze {quote(name)}")
        return inserted

    def drop(self, name: str) -> None:
        self._refuse_replacing(name)
        known = self.relations().get(name)
        if known is not None:
            self._run(f"drop {'view' if known.is_view else 'table'} {quote(name)}")
            self._known = None
            if known.is_view and self.has_relation(VIEW_COLUMNS):
                self._run(f"delete from {VIEW_COLUMNS} where view_name = ?", (name,))
            if self.has_relation(COMMENTS):
                self._run(f"delete from {COMMENTS} where table_name = ?", (name,))


def _encode_params(params: Params) -> list[Any]:
    from runner.engines.sqlite_values import encode_any

    return [encode_any(value) for value in params]
