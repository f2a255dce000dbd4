"""The ledger as it was known at a moment: its facts until then in a database of their own.

The copy stands in `target/as_of/`, away from what is published, and is built there like any ledger.
Facts are only ever appended, each batch after the one before, so a copy stays right for good; one
of a moment to come is made anew when the ledger has grown, and any one when the ledger is another
(its last batch until then has another hash) or was migrated.
"""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from runner.config import Config, Target
from runner.engines.base import Engine, open_engine, require_database
from runner.errors import SelectionError
from runner.ingest.facts import FactTable, fact_tables, schema_version
from runner.migrate import apply
from runner.migrate.files import load_migrations
from runner.migrate.history import refuse_newer
from runner.moments import moment_of


def at_moment(config: Config, target: str | None, text: str, wait_seconds: float) -> Config:
    """The project's settings for the ledger as of a moment, whose facts are copied if need be.

    SelectionError (R206) for a moment before the first fact; EngineError (R328) for a ledger of
    newer migrations than the project's.
    """
    moment = moment_of(text)
    ledger = config.target(target)
    folder = config.target_path / "as_of" / f"{ledger.name}-{moment:%Y%m%dT%H%M%S%f}"
    return _in_place(config, ledger, folder, moment, wait_seconds)


def in_own_place(config: Config, target: str | None, name: str, wait_seconds: float) -> Config:
    """The same for a copy of all facts, under `target/diff`: another build of the same ledger.

    SelectionError (R206) for a ledger without facts. What is no ledger has no facts to copy.
    """
    ledger = config.target(target)
    folder = config.target_path / "diff" / f"{ledger.name}-{name}"
    if not config.is_ledger:
        folder.mkdir(parents=True, exist_ok=True)
        return _settings(config, replace(ledger, path=folder / ledger.path.name), folder)
    return _in_place(config, ledger, folder, datetime.max, wait_seconds)


def _in_place(
    config: Config, ledger: Target, folder: Path, moment: datetime, wait_seconds: float
) -> Config:
    require_database(ledger)
    place = replace(ledger, path=folder / ledger.path.name)
    with closing(open_engine(ledger, read_only=True, wait_seconds=wait_seconds)) as engine:
        last = _last_batch(engine, moment)
        facts = fact_tables(engine, config.migration_path)
        version = schema_version(engine)
        refuse_newer(version, load_migrations(config.migration_path))
    if _copied(place, moment) != (last, version):
        _copy(config, ledger, place, list(facts.values()), version, moment)
    return _settings(config, place, folder)


def _settings(config: Config, place: Target, folder: Path) -> Config:
    return replace(
        config,
        targets={**config.targets, place.name: place},
        target_path=folder,
        fact_seed_paths=(),
    )


def _last_batch(engine: Engine, moment: datetime) -> str:
    """The chain hash of the newest batch that was known: it stands for all until then."""
    found = engine.query(
        f"select chain_hash from ledger_batches where recorded_at <= timestamp '{moment}' "
        "order by batch_id desc limit 1"
    ).rows
    last = next(iter(list(found)), None)
    if last is None:
        ((first,),) = engine.query("select min(recorded_at) as first from ledger_batches").rows
        if first is None:
            raise SelectionError(
                "R206", "the ledger is empty", mend="append facts first: `runner ingest --help`"
            )
        raise SelectionError(
            "R206",
            f"the ledger knew nothing at {moment}",
            why=f"its first facts are of {first:%Y-%m-%d %H:%M:%S.%f}",
            mend="name a later moment",
        )
    return str(last[0])


def _copied(place: Target, moment: datetime) -> tuple[str, int] | None:
    """What a copy holds: its last batch's hash, and the schema version of its tables."""
    if not place.path.exists():
        return None
    with closing(open_engine(place, read_only=True)) as engine:
        return _last_batch(engine, moment), schema_version(engine)


def _copy(
    config: Config,
    ledger: Target,
    place: Target,
    facts: list[FactTable],
    version: int,
    moment: datetime,
) -> None:
    """Whole, or not there at all."""
    place.path.parent.mkdir(parents=True, exist_ok=True)
    partial = replace(place, path=place.path.with_name(f"{place.path.name}.partial"))
    for path in (partial.path, place.path):
        _remove(path)
    migrations = load_migrations(config.migration_path)
    with closing(open_engine(partial)) as engine:
        apply.up(engine, migrations, version)
        columns = {fact.name: [c.name for c in fact.columns] for fact in facts}
        engine.copy_facts(ledger.path, columns, moment)
    partial.path.replace(place.path)


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}.wal", f"{path.name}-wal", f"{path.name}-shm"):
        with suppress(FileNotFoundError):
            path.with_name(name).unlink()
