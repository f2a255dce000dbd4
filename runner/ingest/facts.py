"""The fact tables a ledger has, as its migrations say: order, key, columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from runner.engines.base import Column, Engine
from runner.errors import EngineError
from runner.migrate.files import load_migrations

_PRIMARY_KEY = re.compile(r"constraint\s+pk_\w+\s+primary\s+key\s*\(([^)]*)\)", re.I)
STAMPS = ("recorded_at", "batch_id")


@dataclass(frozen=True)
class FactTable:
    """A fact table as a database has it."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def content(self) -> tuple[Column, ...]:
        """Its columns but for those the batch stamps on every row."""
        return tuple(c for c in self.columns if c.name not in STAMPS)


def fact_tables(engine: Engine, migrations: Path) -> dict[str, FactTable]:
    """Fact tables by name, each after those it points to. EngineError where one is missing."""
    relations = engine.relations()
    found = {}
    for name, key in _keys(migrations):
        if name not in relations:
            raise EngineError(
                "R306",
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
