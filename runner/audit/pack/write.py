"""A pack, written aside and put in its place when it is whole."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from runner import __version__
from runner.audit.pack.manifest import write_manifest
from runner.audit.pack.project import copy_project, write_compiled
from runner.audit.pack.readme import readme
from runner.audit.pack.tables import (
    Period,
    derived_tables_of,
    fact_tables_of,
    result_tables_of,
    write_table,
)
from runner.config import Config
from runner.engines.base import Engine
from runner.errors import ChecksFailed, Location, UsageError
from runner.ingest.facts import fact_tables, schema_version
from runner.ledger.findings import Verification
from runner.ledger.verification import verify
from runner.migrate.files import load_migrations
from runner.moments import is_day
from runner.project.load import project_folders
from runner.workspace import Workspace

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Packed:
    """`digest` is the SHA-256 of the pack's SHA256SUMS, which covers all else in it."""

    digest: str
    fact_count: int
    table_count: int
    file_count: int


def period_of(first: datetime, last: datetime, last_text: str) -> Period:
    """A period whose last moment, where `last_text` is a day, is the end of that day.

    UsageError (R200) for one that ends before it begins.
    """
    if is_day(last_text):
        last = min(last, datetime.max - _DAY) + _DAY
    period = Period(first, last)
    if period.last <= period.first:
        raise UsageError(
            "R200",
            f"the period ends at {period.last}, and begins at {period.first}",
            mend="give --to a later day than --from, or the same",
        )
    return period


def refuse(output: Path, config: Config) -> None:
    """UsageError (R215) for a place that holds something, or whose files are the project's.

    Likewise (R200) for a var that no file can hold.
    """
    for name, value in config.vars.items():
        if value is None:
            raise UsageError(
                "R200",
                f"the var {name} is null, and a pack's pyproject.toml cannot say so",
                mend="give it a value, or leave it out",
            )
    for folder in project_folders(config):
        if output.resolve().is_relative_to(folder.resolve()):
            raise UsageError(
                "R215",
                f"{output} is within the project's {Location(folder)}",
                why="the pack's files would be taken for the project's own",
                mend="name a folder elsewhere",
            )
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise UsageError(
            "R215",
            f"{output} is not an empty folder",
            why="a pack would mix with what is there",
            mend="name a new folder",
        )


def prove(engine: Engine, config: Config) -> Verification:
    """ChecksFailed (R292) for a ledger whose facts are not what was appended."""
    facts = fact_tables(engine, config.migration_path)
    migrations = load_migrations(config.migration_path)
    proof = verify(engine, facts, migrations, mappings=config.ingest_path)
    if proof.findings:
        found = proof.findings[0]
        raise ChecksFailed(
            "R292",
            "the ledger's facts are not what was appended to it; nothing was packed",
            why=f"batch {found.batch_id}, {found.table}: {found.problem}",
            mend="see `runner verify` for all of it",
        )
    return proof


def write_pack(
    engine: Engine,
    config: Config,
    workspace: Workspace,
    proof: Verification,
    period: Period,
    known_at: datetime,
    output: Path,
) -> Packed:
    """Pack a built ledger that was proved, whole or not at all. `config` is the project's own."""
    refuse(output, config)
    facts = fact_tables(engine, config.migration_path)
    output = output.resolve()
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".runner-pack-") as scratch:
        place = Path(scratch) / "pack"
        place.mkdir()
        copy_project(config, engine.name, place)
        write_compiled(workspace.models, workspace.rules, place)
        checks = [rule.rule.name for rule in workspace.rules]
        tables = [
            write_table(engine, table, place)
            for table in (
                *fact_tables_of(facts),
                *derived_tables_of(workspace.project, workspace.models, engine, period),
                *result_tables_of(engine, checks),
            )
        ]
        text = readme(config.name, __version__, period, str(known_at), proof, tables)
        (place / "README.md").write_text(text, encoding="utf-8")
        version = schema_version(engine)
        digest = write_manifest(
            place, engine, config.name, version, period, known_at, proof, tables
        )
        count = sum(1 for path in place.rglob("*") if path.is_file())
        if output.exists():
            output.rmdir()
        place.replace(output)
    return Packed(digest, proof.row_count, len(tables), count)
