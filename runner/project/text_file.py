"""A project's files are UTF-8 text."""

from __future__ import annotations

from pathlib import Path

from runner.errors import Location, ProjectError


def read_text(path: Path) -> str:
    """The file's text; ProjectError with the line where it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise not_utf8(path, error.object, error.start) from error


def not_utf8(path: Path, content: bytes, position: int) -> ProjectError:
    byte = content[position : position + 1].hex().upper()
    return ProjectError(
        "R232",
        f"{path.name} is not UTF-8 text",
        where=Location(path, content.count(b"\n", 0, position) + 1),
        why=f"it holds the byte 0x{byte}, which no UTF-8 text has there",
        mend="save it as UTF-8",
    )
