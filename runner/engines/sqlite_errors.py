"""What SQLite refuses, as the kind of error a person can act on."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import apsw

from runner.errors import DatabaseCorrupt, DatabaseLocked, DiskFull, EngineError, Location


def refuse(error: apsw.Error, path: Path) -> NoReturn:
    """Raise what SQLite said as the kind of error a person can act on."""
    text = str(error)
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        raise DatabaseLocked(
            "R302",
            f"{path.name} is held by another process",
            where=Location(path),
            why="SQLite lets one process write at a time",
            mend="close that process, or wait for it with --wait SECONDS",
        ) from error
    if isinstance(error, apsw.NotADBError | apsw.CorruptError):
        raise DatabaseCorrupt(
            "R303",
            f"{path.name} is not a readable SQLite database",
            where=Location(path),
            why=text,
            mend="restore it from a copy, or move it away and run `runner build` anew",
        ) from error
    if isinstance(error, apsw.FullError | apsw.IOError):
        raise DiskFull(
            "R304",
            f"no room left to write {path.name}",
            where=Location(path),
            why=text,
            mend="free some space; nothing was published and nothing is half-written",
        ) from error
    raise EngineError("R310", "SQLite refused a statement", why=text) from error
