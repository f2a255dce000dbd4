"""SQL macros that the mappings of one venue share, so that what it calls things stands once.

`sql/ingest/macros/<name>.sql` holds statements `create or replace temp macro <name>_…` and no
others: a ledger keeps no macro, and no file changes what another one or the runner makes. A mapping
names the files it needs in its header, `-- macros: <name>`. They are made in the staging connection
of each load, once `ingest_raw` is there, as a macro may be a query of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import Location, ProjectError, nearest
from runner.ingest.header import Header, macro_files
from runner.ingest.project_sql import told_by_line
from runner.migrate.files import split_statements
from runner.project.text_file import read_text

if TYPE_CHECKING:
    from runner.engines.staging import Staging

_COMMENTS = re.compile(r"(?:\s|--[^\n]*)*")


def find(mapping: Path, header: Header) -> tuple[Path, ...]:
    """The macro files a mapping names; ProjectError for one that is not there."""
    files = macro_files(mapping, header)
    for name, file in zip(header.of("macros"), files, strict=True):
        if not file.is_file():
            near = nearest(name, {other.stem for other in file.parent.glob("*.sql")})
            raise ProjectError(
                "R282",
                f"{mapping.name} names macros that are not there: {name}",
                where=Location(mapping, header.line("macros")),
                why=f"there is no {mapping.parent.name}/macros/{name}.sql",
                mend=f"did you mean '{near}'?" if near else "restore the file, or name another",
            )
    return files


def install(staging: Staging, files: Sequence[Path]) -> None:
    """Make the macros of files; ProjectError with the line of one that cannot be made."""
    for file in files:
        for sql, line in _statements(file):
            with told_by_line(
                file,
                sql,
                line,
                code="R282",
                what=f"DuckDB refuses a macro of {file.name}",
                mend="correct the macro; it may use its parameters, ingest_raw, and macros made "
                "before it",
            ):
                staging.run(sql)


def _statements(file: Path) -> Iterator[tuple[str, int]]:
    """Each macro's SQL and the line it begins on; ProjectError for any other statement."""
    prefix = re.sub(r"\W", "_", file.stem)
    allowed = re.compile(rf"create\s+or\s+replace\s+temp\s+macro\s+(?!ingest_){prefix}_\w+", re.I)
    for statement in split_statements(read_text(file)):
        start = _COMMENTS.match(statement.sql)
        before = start.group() if start else ""
        sql = statement.sql[len(before) :]
        line = statement.line + before.count("\n")
        if not allowed.match(sql):
            raise ProjectError(
                "R282",
                f"{file.name} holds another statement than a macro called {prefix}_…",
                where=Location(file, line),
                why="a ledger keeps no macro, and no file changes what another one makes",
                mend=f"write `create or replace temp macro {prefix}_NAME(…) as …`",
            )
        yield sql, line
