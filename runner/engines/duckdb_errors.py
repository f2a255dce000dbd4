"""What DuckDB refuses, as the kind of error a person can act on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NoReturn

import duckdb

from runner.config import Target
from runner.errors import (
    DatabaseCorrupt,
    DatabaseLocked,
    DiskFull,
    EngineError,
    Location,
    MemoryExhausted,
)
from runner.money import TOO_LARGE


def refuse(error: duckdb.Error, path: Path) -> NoReturn:
    """Raise what DuckDB said as the kind of error a person can act on."""
    text = str(error).strip()
    if isinstance(error, duckdb.InterruptException):
        raise KeyboardInterrupt from error
    if isinstance(error, duckdb.ProgrammingError):
        # it quotes the statement and names of columns: words in it tell nothing of the database
        raise EngineError("R310", "DuckDB refused a statement", why=text) from error
    low = text.lower()
    if "could not set lock" in low:
        holder = re.search(r"held in (.+?) \(PID (\d+)\)", text)
        raise DatabaseLocked(
            "R302",
            f"{path.name} is held by another process"
            + (f": {holder.group(1)}, PID {holder.group(2)}" if holder else ""),
            where=Location(path),
            why="DuckDB lets one process write a file, or several read it, not both",
            mend="close that process, or wait for it with --wait SECONDS",
        ) from error
    truncated = "could not read enough bytes" in low and str(path) in text
    damaged = "not a valid duckdb database" in low or "corrupt" in low or "checksum" in low
    if truncated or (damaged and not isinstance(error, duckdb.DataError)):
        raise DatabaseCorrupt(
            "R303",
            f"{path.name} is not a readable DuckDB database",
            where=Location(path),
            why=text.splitlines()[0],
            mend="restore it from a copy, or move it away and run `runner build` anew",
        ) from error
    if isinstance(error, duckdb.IOException) and (
        "permission denied" in low or "read-only file system" in low
    ):
        raise EngineError(
            "R306",
            f"the system refused {path.name}",
            where=Location(path),
            why=text.splitlines()[0],
            mend="check who may write the file and its folder",
        ) from error
    if "no space left" in low or "could not write" in low or "failed to write" in low:
        raise DiskFull(
            "R304",
            f"no room left to write {path.name}",
            where=Location(path),
            why=text.splitlines()[0],
            mend="free some space; nothing was published and nothing is half-written",
        ) from error
    if isinstance(error, duckdb.OutOfMemoryException):
        raise MemoryExhausted(
            "R305",
            "DuckDB ran out of the memory it may use",
            why=text.splitlines()[0],
            mend="raise memory_limit, or set temp_directory to a disk with room, in the target",
        ) from error
    # a date that does not exist, or a type that cannot be, is no number too large
    of_numbers = "field value out of range" not in low and "needed scale" not in low
    long = re.search(r'could not convert string "(-?\d{39,})"', low)  # what a kernel made
    if long or (of_numbers and ("overflow" in low or "out of range" in low)):
        overflow = EngineError(
            "R312",
            "a number leaves the 38 digits it may have",
            why=f"{long[1]} is one" if long else text.splitlines()[0],
            mend=TOO_LARGE,
        )
        quoted = re.search(r"^LINE (\d+): ", text, re.M)
        overflow.sql_line = int(quoted[1]) if quoted else None
        raise overflow from error
    raise EngineError("R310", "DuckDB refused a statement", why=text) from error


def refuse_to_open(error: duckdb.Error, target: Target) -> NoReturn:
    """As `refuse`; what is no fault of the file's is one of the target's settings, as a rule."""
    if _begins_like_sqlite(target.path):
        raise DatabaseCorrupt(
            "R303",
            f"{target.path.name} is a SQLite database, not a DuckDB one",
            where=Location(target.path),
            why=f"target '{target.name}' has engine = \"duckdb\" and that path",
            mend=f"correct engine or path in [tool.runner.targets.{target.name}]",
        ) from error
    try:
        refuse(error, target.path)
    except EngineError as refused:
        if refused.code != "R310":
            raise
        settings = ", ".join(f"{name} = {value}" for name, value in target.settings.items())
        raise EngineError(
            "R310",
            f"DuckDB could not open {target.path.name} for target '{target.name}'",
            where=Location(target.path),
            why=refused.why,
            mend=f"correct [tool.runner.targets.{target.name}]: {settings}" if settings else None,
        ) from error


def _begins_like_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(16) == b"SQLite format 3\0"
    except OSError:
        return False
