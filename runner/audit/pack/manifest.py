"""manifest.json and SHA256SUMS: what a pack holds, and how anyone tells that it still does."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from runner import __version__
from runner.audit.pack.tables import Period, Written
from runner.engines.base import Engine
from runner.ledger.findings import Verification
from runner.ledger.restoration import sha256_of
from runner.moments import utc_now
from runner.report.parquet import parquet_type

NAME = "manifest.json"
SUMS = "SHA256SUMS"
_FORMAT = 1
_LIBRARIES = ("duckdb", "apsw", "sqlglot", "jinja2")


def write_manifest(
    place: Path,
    engine: Engine,
    project: str,
    schema_version: int,
    period: Period,
    known_at: datetime,
    proof: Verification,
    tables: Iterable[Written],
) -> str:
    """Both files, over all others in `place`; the SHA-256 of SHA256SUMS, which covers them all."""
    files = {f.relative_to(place).as_posix(): f for f in sorted(place.rglob("*")) if f.is_file()}
    manifest: dict[str, Any] = {
        "format": _FORMAT,
        "project": project,
        "engine": engine.name,
        "versions": _versions(),
        "schema_version": schema_version,
        "made_at": _moment(utc_now()),
        "period": {"first": _moment(period.first), "before": _moment(period.last)},
        "known_at": _moment(known_at),
        "chain": {
            "head": str(proof.head) if proof.head else None,
            "fact_count": proof.row_count,
            "batches": _batches(engine),
        },
        "tables": [_table(written) for written in tables],
        "files": {
            name: {"sha256": sha256_of(file), "bytes": file.stat().st_size}
            for name, file in files.items()
        },
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (place / NAME).write_text(text, encoding="utf-8")
    sums = {name: entry["sha256"] for name, entry in manifest["files"].items()}
    sums[NAME] = sha256_of(place / NAME)
    listed = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
    (place / SUMS).write_text(listed, encoding="utf-8")
    return sha256_of(place / SUMS)


def _versions() -> dict[str, str]:
    found = {library: metadata.version(library) for library in _LIBRARIES}
    return {"runner": __version__, "python": platform.python_version(), **found}


def _batches(engine: Engine) -> list[dict[str, Any]]:
    sql = "select batch_id, chain_hash from ledger_batches order by batch_id"
    return [{"batch_id": number, "chain_hash": found} for number, found in engine.query(sql).rows]


def _table(written: Written) -> dict[str, Any]:
    return {
        "name": written.table.name,
        "kind": written.table.folder,
        "row_count": written.row_count,
        "period_column": written.table.period_column,
        "columns": [{"name": c.name, "type": parquet_type(c.type)} for c in written.columns],
    }


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds") + "Z"
