"""Fact seeds: CSVs a project brings along, loaded once each, in the order they depend on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from runner.config import Config
from runner.engines.base import Column, Engine
from runner.errors import InputError, Location
from runner.ingest.header import macro_files, read_header
from runner.moments import utc_now
from runner.project.text_file import read_text
from runner.sqltyping.types import TEXT, TIMESTAMP

if TYPE_CHECKING:
    from runner.ingest.formats import Format
    from runner.ingest.load import LoadReport

TABLE = "runner_fact_seeds"
_COLUMNS = (Column("source", TEXT), Column("content_hash", TEXT), Column("loaded_at", TIMESTAMP))
_DDL = f"""
create table {TABLE} (
    source text not null,
    content_hash text not null,
    loaded_at timestamp not null,
    constraint pk_{TABLE} primary key (source, content_hash)
)
"""
_SUFFIXES = (".csv", ".parquet", ".json", ".ndjson")


def load_fact_seeds(engine: Engine, config: Config) -> list[LoadReport]:
    """Load every file of the fact seed folders, named <format>.csv, that is new or changed."""
    files = [
        file
        for folder in config.fact_seed_paths
        if folder.is_dir()
        for file in sorted(folder.iterdir())
        if file.suffix in _SUFFIXES
    ]
    if not files:
        return []
    hashes = {file: _hash(file, config) for file in files}
    if not engine.has_relation(TABLE):
        with engine.transaction():
            engine.define(_DDL)
    loaded = _loaded(engine)
    pending = [f for f in files if (_name(f, config), hashes[f]) not in loaded]
    if not pending:
        return []
    # only here: most builds find nothing new, and should not wait for what loads it
    from runner.ingest.formats import formats
    from runner.ingest.load import ingest
    from runner.ingest.shapes import SHAPES

    known = formats(config.ingest_path)
    order = list(SHAPES)
    reports = []
    for file in sorted(pending, key=lambda f: (order.index(_format(f, known).shape), f)):
        reports.append(ingest(engine, config, [file], _format(file, known).name, kind="SEED"))
        _remember(engine, _name(file, config), hashes[file])
    return reports


def _hash(file: Path, config: Config) -> str:
    """Of the seed, its mapping and its macros: what is read by other rules is read anew."""
    found = hashlib.sha256(file.read_bytes())
    mapping = config.ingest_path / f"{file.stem}.sql"
    if mapping.is_file():
        found.update(mapping.read_bytes())
        for macros in macro_files(mapping, read_header(read_text(mapping))):
            if macros.is_file():
                found.update(macros.read_bytes())
    return found.hexdigest()


def _name(file: Path, config: Config) -> str:
    return str(file.relative_to(config.root)) if file.is_relative_to(config.root) else file.name


def _format(file: Path, known: Mapping[str, Format]) -> Format:
    if file.stem not in known:
        raise InputError(
            "R280",
            f"there is no format '{file.stem}' for the fact seed {file.name}",
            where=Location(file),
            why="a fact seed is called after its format",
            mend=f"rename it to one of: {', '.join(sorted(known))}",
        )
    return known[file.stem]


def _loaded(engine: Engine) -> set[tuple[str, str]]:
    return {
        (row[0], row[1]) for row in engine.query(f"select source, content_hash from {TABLE}").rows
    }


def _remember(engine: Engine, source: str, content_hash: str) -> None:
    with engine.transaction():
        engine.insert_rows(TABLE, _COLUMNS, [[source, content_hash, utc_now()]])
