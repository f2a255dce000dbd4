"""What stands in a SQLite database: relations, their columns and rows, and how they are defined."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence

import apsw

from runner.engines.base import Column, Params, Relation, SchemaObject
from runner.engines.sqlite_rewrite import parse_sqlite_type
from runner.sqltyping.types import SqlType

VIEW_COLUMNS = "runner_view_columns"
COMMENTS = "runner_comments"


class SQLiteCatalogue(ABC):
    """`base.Engine` says what each method promises."""

    def __init__(self) -> None:
        self._known: dict[str, Relation] | None = None
        self._columns: dict[str, list[Column]] = {}  # of a table, by the SQL that defines it
        self._shown: list[Mapping[str, Relation]] = []  # of each attached database

    @abstractmethod
    def _run(self, sql: str, params: Params = ()) -> apsw.Cursor: ...

    def relations(self) -> Mapping[str, Relation]:
        if self._known is None:
            self._known = self._read_catalogue()
            for shown in self._shown:
                self._known |= shown
        return self._known

    def has_relation(self, name: str) -> bool:
        return bool(self.existing([name]))

    def existing(self, names: Collection[str]) -> frozenset[str]:
        asked = ", ".join("?" for _ in names)
        sql = (
            f"select name from sqlite_schema where type in ('table', 'view') and name in ({asked})"
        )
        return frozenset(row[0] for row in self._run(sql, tuple(names)))

    def _read_catalogue(self) -> dict[str, Relation]:
        names = list(
            self._run(
                "select name, type = 'view', sql from sqlite_schema "
                "where type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\'"
            )
        )
        # a view's expressions have no declared type: `view_as` wrote down what they are
        written: dict[str, list[Column]] = {}
        if any(name == VIEW_COLUMNS for name, *_ in names):
            for view, column, declared in self._run(
                f"select view_name, column_name, declared_type from {VIEW_COLUMNS} "
                "order by view_name, ordinal"
            ):
                written.setdefault(view, []).append(
                    Column(column, parse_sqlite_type(declared), declared)
                )
        found = {}
        for name, is_view, sql in names:
            columns = written.get(name) if is_view else self._columns.get(sql)
            if columns is None:
                columns = [
                    Column(row[1], parse_sqlite_type(row[2]), row[2])
                    for row in self._run(f"pragma table_xinfo({quote(name)})")
                ]
                if not is_view:
                    self._columns[sql] = columns
            listed = ", ".join(f"{c.name} {c.native_type}" for c in columns)
            definition = f"{sql} -- {listed}" if is_view else sql
            found[name] = Relation(name, bool(is_view), tuple(columns), definition)
        return found

    def _schema(self) -> dict[str, dict[str, SqlType]]:
        return {
            relation.name.lower(): {c.name: c.type for c in relation.columns}
            for relation in self.relations().values()
        }

    def row_count(self, table: str) -> int:
        return int(next(iter(self._run(f"select count(*) from {quote(table)}")))[0])

    def row_counts(self, tables: Sequence[str]) -> Mapping[str, int]:
        return {table: self.row_count(table) for table in tables}

    def schema_signature(self) -> Mapping[SchemaObject, str]:
        signature = {
            SchemaObject(kind, table, name): " ".join(sql.split())
            for kind, table, name, sql in self._run(
                "select type, tbl_name, iif(type in ('table', 'view'), '', name), sql "
                "from sqlite_schema "
                "where sql is not null and name not like 'sqlite\\_%' escape '\\'"
            )
        }
        if SchemaObject("table", COMMENTS) in signature:
            for table, column, text in self._run(
                f"select table_name, column_name, comment from {COMMENTS}"
            ):
                signature[SchemaObject("comment", table, column)] = text
        return signature


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
