"""What stands in a DuckDB database: relations, their columns and rows, and how they are defined."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence

import duckdb

from runner.engines.base import Column, Params, Relation, SchemaObject
from runner.sqltyping.types import parse_type


class DuckDBCatalogue(ABC):
    """`base.Engine` says what each method promises.

    What is asked again and again in a transaction is held until a statement of it changes that.
    """

    _is_held = False
    _held_views: frozenset[str] | None = None
    _append_only: Mapping[str, str] | None = None  # tables, by their names in small letters

    @abstractmethod
    def _run(self, sql: str, params: Params = ()) -> duckdb.DuckDBPyConnection: ...

    def _hold_catalogue(self) -> None:
        self._forget_catalogue()
        self._is_held = True

    def _release_catalogue(self) -> None:
        self._forget_catalogue()
        self._is_held = False

    def _forget_catalogue(self) -> None:
        self._held_views = self._append_only = None

    def _views(self) -> frozenset[str]:
        if self._held_views is not None:
            return self._held_views
        found = self._run(
            "select view_name from duckdb_views() "
            "where schema_name = 'main' and database_name = current_database()"
        )
        views = frozenset(row[0] for row in found.fetchall())
        if self._is_held:
            self._held_views = views
        return views

    def relations(self) -> Mapping[str, Relation]:
        rows = self._run(
            """
            with relations as (
                select table_name as name, false as is_view, sql
                from duckdb_tables()
                where database_name = current_database() and schema_name = 'main'
                union all
                select view_name as name, true as is_view, sql
                from duckdb_views()
                where
                    database_name = current_database() and schema_name = 'main' and not internal
            )

            select r.name, r.is_view, r.sql, c.column_name, c.data_type
            from relations as r
            inner join duckdb_columns() as c on r.name = c.table_name
            where c.database_name = current_database() and c.schema_name = 'main'
            order by r.name, c.column_index
            """
        ).fetchall()
        found: dict[str, tuple[bool, str, list[Column]]] = {}
        for table, is_view, sql, column, data_type in rows:
            found.setdefault(table, (is_view, sql, []))[2].append(
                Column(column, parse_type(data_type), data_type)
            )
        return {
            name: Relation(name, is_view, tuple(columns), sql)
            for name, (is_view, sql, columns) in found.items()
        }

    def has_relation(self, name: str) -> bool:
        return bool(self.existing([name]))

    def existing(self, names: Collection[str]) -> frozenset[str]:
        asked = ", ".join(f"${number}" for number in range(1, len(names) + 1)) or "null"
        found = self._run(
            f"""
            select table_name from duckdb_tables()
            where database_name = current_database() and schema_name = 'main'
                and table_name in ({asked})
            union all
            select view_name from duckdb_views()
            where database_name = current_database() and schema_name = 'main'
                and view_name in ({asked})
            """,
            tuple(names),
        )
        return frozenset(row[0] for row in found.fetchall())

    def row_count(self, table: str) -> int:
        row = self._run(f"select count(*) from {quote(table)}").fetchone()
        assert row is not None
        return int(row[0])

    def row_counts(self, tables: Sequence[str]) -> Mapping[str, int]:
        if not tables:
            return {}
        # planned in half the time that a scalar subquery of each takes
        counts = " union all ".join(
            f"select {place}, count(*) from {quote(table)}" for place, table in enumerate(tables)
        )
        found = dict(self._run(counts).fetchall())
        return {table: int(found[place]) for place, table in enumerate(tables)}

    def schema_signature(self) -> Mapping[SchemaObject, str]:
        rows = self._run(
            """
            select 'table', schema_name, table_name, '', sql || ' -- ' || coalesce(comment, '')
            from duckdb_tables() where database_name = current_database()
            union all
            select 'view', schema_name, view_name, '', sql
            from duckdb_views() where database_name = current_database() and not internal
            union all
            select 'column', schema_name, table_name, column_name, coalesce(comment, '')
            from duckdb_columns() where database_name = current_database() and not internal
            union all
            select 'index', schema_name, table_name, index_name, sql
            from duckdb_indexes() where database_name = current_database()
            union all
            select 'trigger', schema_name, table_name, trigger_name, sql
            from duckdb_triggers() where database_name = current_database()
            """
        ).fetchall()
        return {
            SchemaObject(kind, table if schema == "main" else f"{schema}.{table}", name): sql
            for kind, schema, table, name, sql in rows
        }


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
