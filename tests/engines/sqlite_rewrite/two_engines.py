"""The same small tables on DuckDB and on SQLite, and a query's answer from each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import apsw
import duckdb

from runner.engines.sqlite_functions import register
from runner.engines.sqlite_rewrite import rewrite, rewrite_statement
from runner.sqltyping.types import SqlType, parse_type

TABLES = """
create table fills (
    id bigint not null, book text, side text, qty decimal(38,12), price decimal(38,12),
    fee decimal(20,8), n bigint, ts timestamp, day date, maker boolean, payload json, ref uuid,
    ratio double
);
create table marks (book text, ts timestamp, price decimal(38,12));
create table books (book text, currency text, multiplier decimal(38,12), rank bigint);
create table nothing (book text, qty decimal(38,12), n bigint)
"""

ROWS = """
insert into fills values
(1, 'A', 'BUY', 1.5, 100.25, 0.00000001, 3, '2026-01-01 00:00:00.000001', '2026-01-01', true,
 '{"id": "x1", "px": {"v": "1.50", "n": 7}, "tags": ["a", "b"], "ok": true, "none": null}',
 '00000000-0000-0000-0000-00000000000a', 0.5),
(2, 'A', 'SELL', -0.5, 100.250000000001, -0.00000001, -3, '2026-01-01 00:00:00.000001',
 '2026-01-31', false, '{"id": "é\\"q", "px": {"v": "2"}, "n": 1.5}',
 '00000000-0000-0000-0000-00000000000b', 1.5),
(3, 'A', 'BUY', 0.000000000001, 99999999999999.999999999999, 0.5, null,
 '2026-01-01 23:59:59.999999', '2026-02-28', null, null, null, null),
(4, 'B', 'BUY', 10, 2.5, 0.125, 7, '2026-02-01 12:30:15', '2026-02-01', true, '{"id": 12}',
 '00000000-0000-0000-0000-00000000000c', -2.5),
(5, 'B', 'SELL', -10, 9, 0, 7, '2026-03-31 00:00:00', null, true, '{}', null, 2.0),
(6, null, 'buy', 2.5, null, null, 0, null, '2024-02-29', false, '[1, "z"]', null, 0.1),
(7, 'a', 'Sell ', -2.5, 0.005, 1.00000000, 9007199254740993, '1969-12-31 23:59:59.5', '1969-12-31',
 false, '"s"', null, 1e10),
(8, 'B', null, 0, 100, 0.12345678, -9, '2026-02-01 12:30:15', '2026-02-01', true, null, null, 3.25);
insert into marks values
('A', '2026-01-01 00:00:00', 100), ('A', '2026-01-01 00:00:00.000001', 101),
('A', '2026-01-02 00:00:00', 102), ('B', '2026-02-01 12:30:14.999999', 2.4),
('B', '2026-03-01 00:00:00', 3), (null, '2026-01-01 00:00:00', 1), ('C', null, 7);
insert into books values
('A', 'USD', 1, 1), ('B', 'EUR', 0.01, 2), ('C', 'USD', 100, 3), (null, 'XXX', 1, null)
"""

Cell = Any
Rows = list[tuple[Cell, ...]]


@dataclass
class Answer:
    """Names and types of the columns, and the rows as SQLite stores values."""

    columns: list[tuple[str, str]]
    rows: Rows


def stored(value: Cell) -> Cell:
    """A Python value from DuckDB as SQLite holds it."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bool):
        return int(value)
    if value.__class__.__name__ == "datetime":
        return value.isoformat(" ", "microseconds")
    if value.__class__.__name__ in ("date", "UUID"):
        return str(value)
    return value


class TwoEngines:
    """One DuckDB and one SQLite database, in memory, with the same rows."""

    def __init__(self) -> None:
        self.duck = duckdb.connect()
        self.lite = apsw.Connection(":memory:")
        register(self.lite)
        self.schema: dict[str, dict[str, SqlType]] = {}
        for statement in (TABLES + ";" + ROWS).split(";\n"):
            self.run(statement)

    def run(self, statement: str) -> None:
        """A statement on both, verbatim on DuckDB."""
        self.duck.execute(statement)
        self.lite.execute(rewrite_statement(statement, self.schema))
        for (table,) in self.duck.execute("select table_name from duckdb_tables()").fetchall():
            described = self.duck.execute(f"describe {table}").fetchall()
            self.schema[table] = {row[0]: parse_type(row[1]) for row in described}

    def ask_duck(self, sql: str) -> Answer:
        described = self.duck.execute(f"describe {sql}").fetchall()
        rows = self.duck.execute(sql).fetchall()
        return Answer(
            [(row[0], str(parse_type(row[1]))) for row in described],
            [tuple(map(stored, row)) for row in rows],
        )

    def ask_lite(self, sql: str) -> Answer:
        rewritten = rewrite(sql, self.schema)
        rows = self.lite.execute(rewritten.sql).fetchall()
        return Answer([(name, str(type_)) for name, type_ in rewritten.columns], rows)


def key(row: tuple[Cell, ...]) -> str:
    return repr([(cell is None, type(cell).__name__, cell) for cell in row])


def queries(path: Path) -> list[str]:
    """The statements of a file, which end in a semicolon at the end of a line."""
    text = re.sub(r"^--.*\n", "", path.read_text(), flags=re.M)
    return [part.strip() for part in re.split(r";\n", text) if part.strip()]
