"""`schema_version`: which migrations a database has had, and whether they are still the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from runner.engines.base import Column, Engine
from runner.errors import EngineError, Location, MigrationError
from runner.migrate.files import Migration
from runner.moments import utc_now
from runner.sqltyping.types import INTEGER, TEXT, TIMESTAMP

TABLE = "schema_version"
_COLUMNS = (
    Column("version_id", INTEGER),
    Column("name", TEXT),
    Column("applied_at", TIMESTAMP),
    Column("checksum", TEXT),
    Column("rollback_sql", TEXT),
)
_DDL = f"""
create table {TABLE} (
    version_id integer not null,
    name text not null,
    applied_at timestamp not null,
    checksum text not null,
    rollback_sql text not null,
    constraint pk_schema_version primary key (version_id)
)
"""


class State(Enum):
    APPLIED = "applied"
    PENDING = "pending"
    EDITED = "edited"  # applied, and its file has changed since
    LOST = "lost"  # applied, and its file is gone


@dataclass(frozen=True)
class Applied:
    version: int
    name: str
    applied_at: datetime
    checksum: str
    rollback_sql: str


@dataclass(frozen=True)
class Entry:
    version: int
    name: str
    state: State
    applied: Applied | None
    migration: Migration | None


def ensure_table(engine: Engine) -> None:
    if not engine.has_relation(TABLE):
        engine.define(_DDL, append_only=True)
        engine.comment(TABLE, None, "The runner's: one row a migration applied")
        engine.guard_record(TABLE)


def read_applied(engine: Engine) -> list[Applied]:
    if not engine.has_relation(TABLE):
        return []
    sql = f"select {', '.join(c.name for c in _COLUMNS)} from {TABLE} order by version_id"
    return [Applied(*row) for row in engine.query(sql).rows]


def record(engine: Engine, migration: Migration) -> None:
    row: list[Any] = [
        migration.version,
        migration.name,
        utc_now(),
        migration.checksum,
        migration.down_sql,
    ]
    engine.insert_rows(TABLE, _COLUMNS, [row])


def forget(engine: Engine, version: int) -> None:
    """Take a migration off the record, in the transaction that undoes it."""
    engine.lift_guard(TABLE)
    engine.delete(TABLE, f"version_id = {version}")
    engine.guard_record(TABLE)


def compare(engine: Engine, migrations: Sequence[Migration]) -> list[Entry]:
    """Files and database side by side, by version."""
    applied = {a.version: a for a in read_applied(engine)}
    files = {m.version: m for m in migrations}
    entries = []
    for version in sorted(applied.keys() | files.keys()):
        done, file = applied.get(version), files.get(version)
        if done is None:
            state = State.PENDING
        elif file is None:
            state = State.LOST
        else:
            same = done.checksum == file.checksum and done.name == file.name
            state = State.APPLIED if same else State.EDITED
        name = file.name if file else done.name if done else ""
        entries.append(Entry(version, name, state, done, file))
    return entries


def refuse_broken(entries: Sequence[Entry]) -> None:
    """Raise for edited or lost history, and for a gap in what was applied."""
    for entry in entries:
        if entry.state is State.EDITED and entry.migration and entry.applied:
            raise MigrationError(
                "R321",
                f"migration {entry.version:04d}_{entry.name} was edited after it was applied",
                where=Location(entry.migration.file),
                why=f"applied {entry.applied.applied_at:%Y-%m-%d %H:%M} as "
                f"{entry.applied.name} with checksum "
                f"{entry.applied.checksum[:12]}, the file now has {entry.migration.checksum[:12]}",
                mend="restore the file as it was, and put the change into a new migration "
                "(`runner migrate new NAME`)",
            )
        if entry.state is State.LOST:
            raise MigrationError(
                "R322",
                f"migration {entry.version:04d}_{entry.name} was applied, and its file is gone",
                why="the database was built by a newer checkout, or the file was deleted",
                mend="restore the file, or update the project",
            )
    states = [entry.state for entry in entries]
    if State.PENDING in states:
        first = states.index(State.PENDING)
        later = [e for e in entries[first:] if e.state is State.APPLIED]
        if later:
            raise MigrationError(
                "R323",
                f"migration {entries[first].version:04d}_{entries[first].name} was never applied, "
                f"but {later[0].version:04d}_{later[0].name} was",
                why="schema_version has a gap",
                mend="restore the missing row of schema_version, or rebuild the database",
            )


def refuse_newer(version: int, migrations: Sequence[Migration]) -> None:
    """EngineError (R328) for a ledger of a schema `version` that this project does not know."""
    known = max((m.version for m in migrations), default=0)
    if version > known:
        raise EngineError(
            "R328",
            f"the ledger is of schema version {version}",
            why=f"this project's migrations end at {known}",
            mend="use the project that the ledger was last migrated by",
        )
