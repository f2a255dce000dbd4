"""SQL of a project's own files: what DuckDB refuses of it is told by file and line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.compile.source_lines import take_line
from runner.errors import EngineError, Location, ProjectError

_REFUSED = "R310"  # a statement that is no SQL, or names what is not there


@contextmanager
def told_by_line(
    file: Path, sql: str, first_line: int, *, code: str, what: str, mend: str
) -> Iterator[None]:
    """Raise a ProjectError where the engine refuses `sql`, which begins on a line of `file`."""
    try:
        yield
    except EngineError as error:
        if error.code != _REFUSED:
            raise
        line = first_line + (take_line(error, sql) or 1) - 1
        where = Location(file, line)
        raise ProjectError(code, what, where=where, why=error.why, mend=mend) from error
