"""Migrations up and down, with their record in the same transaction as the change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from runner.engines.base import Engine
from runner.errors import EngineError, Location, MigrationError, UsageError
from runner.migrate import history
from runner.migrate.files import Migration, Statement, load_migrations, split_statements


def pending(engine: Engine, migrations: Sequence[Migration]) -> list[Migration]:
    """What `up` would apply; MigrationError where history is edited, lost or has a gap."""
    entries = history.compare(engine, migrations)
    history.refuse_broken(entries)
    return [e.migration for e in entries if e.state is history.State.PENDING and e.migration]


def up(
    engine: Engine, migrations: Sequence[Migration], to_version: int | None = None
) -> list[Migration]:
    """Apply what is pending, up to `to_version`; the migrations applied."""
    if to_version is not None and to_version not in {m.version for m in migrations}:
        raise UsageError("R205", f"there is no migration {to_version:04d}")
    waiting = [
        m for m in pending(engine, migrations) if to_version is None or m.version <= to_version
    ]
    for migration in waiting:
        if not migration.up:
            raise MigrationError(
                "R327",
                f"migration {migration.version:04d}_{migration.name} does nothing yet",
                where=Location(migration.file),
                why="once applied, it could no longer be filled in",
                mend="write its up and down parts first",
            )
    if waiting:
        # one transaction for all: interrupted or refused, the schema is what it was before
        with engine.transaction():
            history.ensure_table(engine)
            for migration in waiting:
                apply_statements(engine, migration)
                history.record(engine, migration)
    return waiting


def migrate_new(engine: Engine, folder: Path, *, pending_too: bool = False) -> list[Migration]:
    """Bring a new database to the project's version; those applied.

    MigrationError where an older database has migrations pending, unless `pending_too`.
    """
    migrations = load_migrations(folder)
    waiting = pending(engine, migrations)
    if waiting and history.read_applied(engine) and not pending_too:
        names = ", ".join(f"{m.version:04d}_{m.name}" for m in waiting)
        raise MigrationError(
            "R326",
            f"{len(waiting)} migration{'s are' if len(waiting) > 1 else ' is'} pending: {names}",
            where=Location(engine.target.path),
            why="the project's schema is newer than the database",
            mend="run `runner migrate up`, or `runner build --migrate`",
        )
    return up(engine, migrations) if waiting else []


def apply_statements(engine: Engine, migration: Migration) -> None:
    """Run a migration's up part: tables with their comments and guards, indexes."""
    for statement in migration.up:
        try:
            engine.define(statement.sql)
            if statement.table is not None:
                _describe(engine, statement)
        except EngineError as error:
            raise MigrationError(
                "R324",
                f"migration {migration.version:04d}_{migration.name} failed; nothing was kept",
                where=Location(migration.file, statement.line),
                why=error.why or error.what,
                mend="correct the statement and run `runner migrate up` again",
            ) from error


def _describe(engine: Engine, statement: Statement) -> None:
    assert statement.table is not None
    if statement.table_comment:
        engine.comment(statement.table, None, statement.table_comment)
    for column, comment in statement.column_comments:
        engine.comment(statement.table, column, comment)
    if statement.is_fact:
        engine.guard_fact(statement.table)


def down(
    engine: Engine, migrations: Sequence[Migration], steps: int = 1, *, lose_facts: bool = False
) -> list[history.Applied]:
    """Undo the last `steps` migrations by the rollback SQL recorded with them.

    Refuses where a table to be dropped still holds rows, unless `lose_facts`.
    """
    applied = history.read_applied(engine)[::-1][:steps]
    files = {m.version: m for m in migrations}
    for done in applied:
        with engine.transaction():
            if not lose_facts and done.version in files:
                _refuse_losing_rows(engine, files[done.version])
            for statement in split_statements(done.rollback_sql):
                engine.define(statement.sql)
            history.forget(engine, done.version)
    return applied


def _refuse_losing_rows(engine: Engine, migration: Migration) -> None:
    relations = engine.relations()
    for statement in migration.up:
        table = statement.table
        if table in relations and table and (rows := engine.row_count(table)):
            raise MigrationError(
                "R325",
                f"undoing {migration.version:04d}_{migration.name} would drop "
                f"{rows:,} rows of {table}",
                why="facts are append-only: they exist nowhere else in the ledger",
                mend="keep a copy of the database, then add --lose-facts",
            )
