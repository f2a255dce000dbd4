"""A new ledger made of the facts of a pack: every row, its batch and its hashes as they were.

`runner audit pack` writes such a folder, one Parquet file for each table of facts, and above it a
manifest.json with the SHA-256 of each.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from runner.engines.base import Engine
from runner.engines.staging import Staging
from runner.errors import InputError, Location
from runner.ingest.facts import FactTable, fact_tables
from runner.ledger.verification import BOOKS

_MANIFEST = "manifest.json"
_CHUNK = 2**20


def restore(engine: Engine, folder: Path, migrations: Path) -> int:
    """Append all of the folder's facts to a ledger that has none, in one transaction; how many.

    Counted as `runner verify` and the pack count them: the rows that tell of batches are none.

    InputError (R293) for a folder whose files are not those that its manifest tells of, before
    anything is appended.
    """
    if list(engine.query("select 1 as one from ledger_batches limit 1").rows):
        return 0
    facts = fact_tables(engine, migrations)
    files = {name: folder / f"{name}.parquet" for name in facts}
    _prove(folder, list(files.values()))
    with engine.transaction(), engine.staging() as staging:
        appended = {fact.name: _append(staging, fact, files[fact.name]) for fact in facts.values()}
    return sum(count for name, count in appended.items() if name not in BOOKS)


def _append(staging: Staging, fact: FactTable, file: Path) -> int:
    if not file.is_file():
        return 0  # a table of a later migration
    source = f"read_parquet('{str(file).replace(chr(39), chr(39) * 2)}')"
    held = {row[0] for row in staging.rows(f"describe select * from {source}")}
    listed = ", ".join(
        c.name if c.name in held else f"cast(null as {c.type}) as {c.name}" for c in fact.columns
    )
    return staging.append(fact.name, fact.columns, f"select {listed} from {source}")


def _prove(folder: Path, wanted: list[Path]) -> None:
    manifest = folder.parent / _MANIFEST
    try:
        known = json.loads(manifest.read_text(encoding="utf-8"))["files"]
        told = {folder.parent / name: entry["sha256"] for name, entry in known.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(manifest, "it is not the manifest of a pack", str(error)) from error
    if not any(file in told for file in wanted):
        raise _damaged(manifest, f"it tells of no facts in {folder.name}", None)
    for file, digest in told.items():
        if file.parent != folder or file.suffix != ".parquet":
            continue
        if not file.is_file():
            raise _damaged(file, "the manifest tells of it, and it is not there", None)
        if file not in wanted:
            raise _damaged(file, "no migration of the project makes a table of that name", None)
        found = sha256_of(file)
        if found != digest:
            why = f"its SHA-256 is {found}, in the manifest {digest}"
            raise _damaged(file, "it is not the file that was packed", why)


def _damaged(file: Path, what: str, why: str | None) -> InputError:
    return InputError(
        "R293",
        f"the pack is damaged: {file.name}: {what}",
        where=Location(file),
        why=why,
        mend="ask for the pack again; nothing was restored from it",
    )


def sha256_of(file: Path) -> str:
    """A file's SHA-256, in hex."""
    found = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()
