"""Is the database what its migrations say? History, schema objects, and the verify queries."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runner.engines.base import Engine, SchemaObject, open_memory
from runner.engines.guards import Guard
from runner.errors import EngineError
from runner.migrate import apply, history
from runner.migrate.files import Migration, Statement

_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[(),]")


@dataclass(frozen=True)
class Finding:
    """One difference between the database and what made it."""

    subject: str
    problem: str


def verify(
    engine: Engine, migrations: Sequence[Migration], others: frozenset[str] = frozenset()
) -> list[Finding]:
    """Every finding; empty where live schema and migrations agree.

    `others` are the tables and views, by name, that rightly come from elsewhere: models, seeds,
    the runner's own records. Any more are findings.
    """
    entries = history.compare(engine, migrations)
    findings = [
        Finding(f"migration {entry.version:04d}_{entry.name}", f"is {entry.state.value}")
        for entry in entries
        if entry.state is not history.State.APPLIED
    ]
    applied = [e.migration for e in entries if e.applied and e.migration]
    findings += drift(engine, applied, others)
    for migration in applied:
        for statement in migration.verify:
            problem = _run(engine, statement)
            if problem:
                findings.append(Finding(f"{migration.file.name}:{statement.line}", problem))
    return findings


def _run(engine: Engine, statement: Statement) -> str | None:
    """What is wrong with a verify query's answer: a row, or that it cannot run."""
    try:
        row = next(iter(engine.query(statement.sql).rows), None)
    except EngineError as error:
        return f"its verify query cannot run: {(error.why or error.what).splitlines()[0]}"
    return None if row is None else f"its verify query returned {row!r}"


def drift(engine: Engine, applied: Sequence[Migration], others: frozenset[str]) -> list[Finding]:
    """Differences from a schema built afresh, in memory, from the applied migrations."""
    live = engine.schema_signature()
    fresh = open_memory(engine.name)
    try:
        with fresh.transaction():
            if SchemaObject("table", history.TABLE) in live:
                history.ensure_table(fresh)
            for migration in applied:
                apply.apply_statements(fresh, migration)
        expected = fresh.schema_signature()
    finally:
        fresh.close()
    findings = []
    for subject, definition in expected.items():
        if subject not in live:
            findings.append(Finding(str(subject), "is missing from the database"))
        elif live[subject] != definition:
            findings.append(Finding(str(subject), _difference(definition, live[subject])))
    return findings + _extra(expected, live, others | engine.own_tables)


def _extra(
    expected: Mapping[SchemaObject, str], live: Mapping[SchemaObject, str], others: frozenset[str]
) -> list[Finding]:
    """What nothing accounts for: somebody's own tables, and additions to tables that are not."""
    migrated = {subject.table for subject in expected}
    findings = []
    for subject in sorted(live.keys() - expected.keys()):
        table = subject.table
        if subject.kind in ("table", "view"):
            if table not in others:
                made = "was made by no migration, model or seed, nor by the runner"
                findings.append(Finding(str(subject), made))
        elif table in migrated:
            findings.append(Finding(str(subject), "is in the database but in no migration"))
        elif (
            subject.kind in ("trigger", "index")
            and table in others
            and subject.name not in Guard.DERIVED.triggers(table)
            and subject.name not in Guard.HISTORY.triggers(table)
            and subject.name != Guard.HISTORY.trigger(table, "replace")  # SQLite's upsert
        ):
            findings.append(Finding(str(subject), "was made by no build"))
    return findings


def _difference(expected: str, live: str) -> str:
    """The clauses that differ, so that a person need not compare two long definitions."""
    wanted, found = _clauses(expected), _clauses(live)
    missing = [c for c in wanted if c not in found]
    extra = [c for c in found if c not in wanted]
    said = []
    if missing:
        said.append(f"lacks: {'; '.join(missing)}")
    if extra:
        said.append(f"has instead: {'; '.join(extra)}" if missing else f"has: {'; '.join(extra)}")
    return "; ".join(said) or "has the same parts in another order"


def _clauses(sql: str) -> list[str]:
    """A definition's columns and constraints, with what stands before and after them.

    >>> _clauses("CREATE TABLE t(a DECIMAL(38,12), CHECK(a IN (1, 2)));")
    ['CREATE TABLE t', 'a DECIMAL(38,12)', 'CHECK(a IN (1, 2))']
    """
    if not re.match(r"\s*create\s+table\b", sql, re.I):
        return [sql.strip()]
    parts, start, depth = [], 0, 0
    for token in _TOKEN.finditer(sql):
        mark = token.group()
        opens, closes = mark == "(", mark == ")"
        # a column's or a constraint's own parentheses are part of it
        if (opens and depth == 0) or (closes and depth == 1) or (mark == "," and depth == 1):
            parts.append(sql[start : token.start()])
            start = token.end()
        depth += opens - closes
    parts.append(sql[start:])
    return [part.strip() for part in parts if part.strip(" ;\n")]
