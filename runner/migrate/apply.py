"""Migrations up and down, with their record in the same transaction as the change."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from runner.engines.base import Engine
from runner.errors import EngineError, Location, MigrationError, UsageError
from runner.migrate import history
from runner.migrate.files import Migration, Statement, load_migrations, split_statements

_DROP_TABLE = re.compile(r"\bdrop\s+table\s+(?:if\s+exists\s+)?(\w+)", re.I)


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
        known = sorted(m.version for m in migrations)
        raise UsageError(
            "R205",
            f"there is no migration {to_version:04d}",
            why=f"the project has {known[0]:04d} to {known[-1]:04d}" if known else "it has none",
            mend="see `runner migrate status`",
        )
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


def mend_guards(engine: Engine, migrations: Sequence[Migration]) -> list[str]:
    """Put back what is missing or altered of the guards of facts and of `schema_version`.

    The tables mended, in the order in which the applied migrations make them.
    """
    applied = {a.version for a in history.read_applied(engine)}
    relations, facts = engine.relations(), engine.guarded_facts()
    broken = [
        statement.table
        for migration in migrations
        if migration.version in applied
        for statement in migration.up
        if statement.is_fact and statement.table in relations and statement.table not in facts
    ]
    unguarded_record = history.TABLE in relations and history.TABLE not in engine.guarded_records()
    mended = [table for table in broken if table is not None]
    if mended or unguarded_record:
        with engine.transaction():
            for table in mended:
                engine.lift_guard(table)
                engine.guard_fact(table)
            if unguarded_record:
                engine.lift_guard(history.TABLE)
                engine.guard_record(history.TABLE)
    return mended + [history.TABLE] * unguarded_record


def apply_statements(engine: Engine, migration: Migration) -> None:
    """Run a migration's up part: tables with their comments and guards, indexes."""
    for statement in migration.up:
        try:
            engine.define(statement.sql, append_only=statement.is_fact)
            if statement.table is not None:
                _describe(engine, statement)
            elif statement.altered is not None:
                for column, comment in statement.column_comments:
                    engine.comment(statement.altered, column, comment)
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
    """Undo the last `steps` migrations, all or none, by the rollback SQL recorded with them.

    Refuses where a table to be dropped still holds rows, unless `lose_facts`.
    """
    undone = history.read_applied(engine)[::-1][:steps]
    files = {m.version: m for m in migrations}
    with engine.transaction():
        if not lose_facts:
            for done in undone:
                _refuse_losing_rows(engine, done, files.get(done.version))
        for done in undone:
            for statement in split_statements(done.rollback_sql):
                engine.define(statement.sql)
            history.forget(engine, done.version)
    return undone


def _refuse_losing_rows(engine: Engine, done: history.Applied, migration: Migration | None) -> None:
    relations = engine.relations()
    dropped = dict.fromkeys(_DROP_TABLE.findall(done.rollback_sql))
    if migration is not None:
        dropped |= dict.fromkeys(s.table for s in migration.up if s.table)
    for table in dropped:
        if table in relations and (rows := engine.row_count(table)):
            raise MigrationError(
                "R325",
                f"undoing {done.version:04d}_{done.name} would drop "
                f"{rows:,} row{'s' if rows > 1 else ''} of {table}; "
                "nothing was undone",
                why="facts are append-only: they exist nowhere else in the ledger",
                mend="undo fewer steps, or keep a copy of the database and add --lose-facts",
            )
