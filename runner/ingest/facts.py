"""The fact tables a ledger has, as its migrations say: order, key, columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from weakref import WeakKeyDictionary

from runner.engines.base import Column, Engine
from runner.errors import EngineError
from runner.migrate.files import load_migrations

_PRIMARY_KEY = re.compile(r"constraint\s+pk_\w+\s+primary\s+key\s*\(([^)]*)\)", re.I)
SOURCE_ROW = "source_row"
STAMPS = ("recorded_at", "batch_id", SOURCE_ROW)


@dataclass(frozen=True)
class FactTable:
    """A fact table as a database has it."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def key_column(self) -> Column:
        """The first of its key's columns, which most have no other than."""
        return next(c for c in self.columns if c.name == self.key[0])

    @property
    def content(self) -> tuple[Column, ...]:
        """Its columns but for those that say how the ledger came by the row."""
        return tuple(c for c in self.columns if c.name not in STAMPS)


# engine -> schema version and tables: reading the catalogue takes longer than a small load
_READ: WeakKeyDictionary[Engine, tuple[int, dict[str, FactTable]]] = WeakKeyDictionary()


def schema_version(engine: Engine) -> int:
    """The last migration a database has had."""
    row = next(iter(engine.query("select max(version_id) from schema_version").rows))
    return int(row[0] or 0)


def fact_tables(engine: Engine, migrations: Path) -> dict[str, FactTable]:
    """Fact tables by name, each after those it points to. EngineError where one is missing."""
    version = schema_version(engine)
    if engine not in _READ or _READ[engine][0] != version:
        _READ[engine] = (version, _read(engine, migrations))
    return _READ[engine][1]


def _read(engine: Engine, migrations: Path) -> dict[str, FactTable]:
    relations = engine.relations()
    found = {}
    for name, key in _keys(migrations):
        if name not in relations:
            raise EngineError(
                "R326",
                f"the database has no table {name}",
                why="it is new, or older than the project's migrations",
                mend="run `runner migrate up`, or `runner build`, first",
            )
        found[name] = FactTable(name, key, relations[name].columns)
    return found


@lru_cache(maxsize=8)
def _keys(migrations: Path) -> tuple[tuple[str, tuple[str, ...]], ...]:
    keys = []
    for migration in load_migrations(migrations):
        for statement in migration.up:
            named = _PRIMARY_KEY.search(statement.sql)
            if statement.is_fact and statement.table and named:
                key = tuple(column.strip() for column in named.group(1).split(","))
                keys.append((statement.table, key))
    return tuple(keys)
