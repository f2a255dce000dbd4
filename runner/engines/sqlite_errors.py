"""What SQLite refuses, as the kind of error a person can act on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import apsw

from runner.errors import DatabaseCorrupt, DatabaseLocked, DiskFull, EngineError, Location

# the input and output errors that a disk without room gives
_WRITING = {
    apsw.SQLITE_IOERR_WRITE,
    apsw.SQLITE_IOERR_FSYNC,
    apsw.SQLITE_IOERR_DIR_FSYNC,
    apsw.SQLITE_IOERR_TRUNCATE,
    apsw.SQLITE_IOERR_SHMSIZE,
    apsw.SQLITE_IOERR_SHMMAP,
}


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
    if isinstance(error, apsw.AuthError):
        raise EngineError(
            "R310",
            "SQLite refused a statement",
            why="the connection is read-only: it attaches and writes no other file, and changes "
            "no setting",
            mend="write a SELECT, or a PRAGMA that only tells something",
        ) from error
    if isinstance(error, apsw.IOError) and getattr(error, "extendedresult", 0) not in _WRITING:
        raise EngineError(
            "R306",
            f"the system refused {path.name}",
            where=Location(path),
            why=text,
            mend="check the disk, the path and its permissions",
        ) from error
    if isinstance(error, apsw.ReadOnlyError) and not os.access(path, os.W_OK):
        raise EngineError(
            "R306",
            f"the system refused {path.name}",
            where=Location(path),
            why=text,
            mend="check who may write the file and its folder",
        ) from error
    if isinstance(error, apsw.CantOpenError):
        raise EngineError(
            "R306",
            f"the system refused {path.name}, or a file that SQLite needs beside it",
            where=Location(path),
            why=f"{text}: to read what others may be writing, it keeps {path.name}-wal and "
            f"{path.name}-shm in that folder",
            mend="check who may write the folder; of one that nobody may write, take a copy",
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


def refuse_empty(path: Path) -> None:
    """DatabaseCorrupt for a file without a byte, which SQLite takes for a new database."""
    if path.is_file() and path.stat().st_size == 0:
        raise DatabaseCorrupt(
            "R303",
            f"{path.name} is not a readable SQLite database",
            where=Location(path),
            why="the file is empty",
            mend="restore it from a copy, or remove it and run `runner build` anew",
        )
