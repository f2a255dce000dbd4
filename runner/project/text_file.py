"""A project's files are UTF-8 text."""

from __future__ import annotations

from pathlib import Path

from runner.errors import Location, ProjectError


def read_text(path: Path, newline: str | None = None) -> str:
    """The file's text, without a byte order mark; ProjectError with the line where it is not UTF-8.

    `newline` as `open` takes it.
    """
    try:
        with path.open(encoding="utf-8-sig", newline=newline) as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise _not_utf8(path) from error


def _not_utf8(path: Path) -> ProjectError:
    line = None
    for number, text in enumerate(path.read_bytes().split(b"\n"), start=1):
        try:
            text.decode("utf-8")
        except UnicodeDecodeError:
            line = number
            break
    return ProjectError(
        "R232",
        f"{path.name} is not UTF-8 text",
        where=Location(path, line),
        why="the line holds bytes that no UTF-8 text has",
        mend="save it as UTF-8",
    )
