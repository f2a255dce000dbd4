"""A file handed to ingest: what it is, by its content, and what it is called in the ledger."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.errors import InputError, Location

_HEAD_BYTES = 1 << 16
# a message on a line of its own, or behind a log's timestamp; not one in a cell of a CSV
_FIX = re.compile(rb"(?<![\d,;\"'])8=FIXT?\.\d\.\d[^\x01|\r\n]{0,8}[\x01|]")


@dataclass(frozen=True)
class Source:
    """One file of a load. `name` is the same on every machine: no folder outside the project."""

    path: Path
    number: int
    name: str
    kind: str  # csv, json, parquet, fix or xml, by content
    head: bytes


@dataclass(frozen=True)
class Piece:
    """A reader's answer for one file: SQL of its rows, SQL of its rows verbatim, and warnings.

    `counted` is SQL of how many rows it holds, those that are no rows included; `header` the line
    that names a CSV's columns.
    """

    rows: str
    verbatim: str
    counted: str
    warnings: tuple[str, ...] = ()
    header: str | None = None


def open_sources(files: Sequence[Path], root: Path) -> list[Source]:
    """Look at the first bytes of each file. InputError for one that is empty or cannot be read."""
    return [_open(path, number, root) for number, path in enumerate(files)]


def _open(path: Path, number: int, root: Path) -> Source:
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except OSError as error:
        raise InputError(
            "R271",
            f"cannot read {path.name}",
            where=Location(path),
            why=error.strerror or str(error),
            mend="check the path, and that the file may be read",
        ) from error
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise InputError(
            "R272",
            f"{path.name} is empty",
            where=Location(path),
            why="there is not even a header in it" if not head else "it holds blank lines only",
            mend="export it again",
        )
    return Source(path, number, named(path, root), _kind(path, head), head)


def _kind(path: Path, head: bytes) -> str:
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"BZh", b"\xfd7zXZ")):
        raise InputError(
            "R273",
            f"{path.name} is an archive, or compressed twice",
            where=Location(path),
            why="of what is compressed, single files in gz and zst are read",
            mend="unpack it first; of a spreadsheet, save the sheet as CSV UTF-8",
        )
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in head[:64]:
        raise InputError(
            "R273",
            f"{path.name} is not UTF-8 text",
            where=Location(path),
            why="it begins like UTF-16, or like a binary file",
            mend="save it as UTF-8 (in a spreadsheet: CSV UTF-8)",
        )
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] in (b"[", b"{"):
        return "json"
    if start[:1] == b"<":
        return "xml"
    return "fix" if _FIX.search(head) else "csv"


def named(path: Path, root: Path) -> str:
    """What a file is called in the ledger."""
    resolved = path.resolve()
    return str(resolved.relative_to(root)) if resolved.is_relative_to(root) else path.name


def content_hash(path: Path) -> str:
    """sha256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
