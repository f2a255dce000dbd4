"""Migration files: `NNNN_name.sql` with `-- migrate:up`, `-- migrate:down`, `-- migrate:verify`."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from runner.errors import Location, ProjectError
from runner.project.text_file import read_text

_NAME = re.compile(r"^(\d{4})_([a-z0-9_]+)\.sql$")
_PART = re.compile(r"^--\s*migrate:(up|down|verify)\s*$", re.M)
_CREATE_TABLE = re.compile(r"create\s+table\s+(?:if\s+not\s+exists\s+)?(\w+)\s*\(", re.I)
_ADD_COLUMN = re.compile(r"^\s*alter\s+table\s+(\w+)\s+add\s+column\s+(\w+)", re.I | re.M)
_COLUMN = re.compile(r"^\s*(?!constraint\b|check\b|primary\b|foreign\b|unique\b)(\w+)\s+\w", re.I)
_TRAILING_COMMENT = re.compile(r"--\s*(?P<text>.+?)\s*$")
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|;", re.S)
FACT_PREFIX = "Fact:"


@dataclass(frozen=True)
class Statement:
    """One SQL statement, with the comments it gives a table and its columns."""

    sql: str
    line: int
    table: str | None = None
    table_comment: str | None = None
    column_comments: tuple[tuple[str, str], ...] = ()
    altered: str | None = None  # the table that a column is added to

    @property
    def is_fact(self) -> bool:
        return bool(self.table_comment and self.table_comment.startswith(FACT_PREFIX))


@dataclass(frozen=True)
class Migration:
    version: int
    name: str
    file: Path
    checksum: str
    up: tuple[Statement, ...]
    down: tuple[Statement, ...]
    verify: tuple[Statement, ...]
    down_sql: str


def load_migrations(folder: Path) -> tuple[Migration, ...]:
    """Every migration of `folder`, by version; ProjectError where the sequence is broken."""
    if not folder.is_dir():
        raise ProjectError(
            "R210",
            f"the migrations folder {folder.name} is missing",
            where=Location(folder),
            mend="restore sql/migrations, or make a new project with `runner init DIR`",
        )
    migrations = [_read(file) for file in sorted(folder.glob("*.sql"))]
    for expected, migration in enumerate(migrations, start=1):
        if 0 < migration.version < expected:
            other = migrations[migration.version - 1]
            raise ProjectError(
                "R211",
                f"two migrations are numbered {migration.version:04d}",
                where=Location(migration.file),
                why=f"the other is {other.file.name}",
                mend="renumber the one that is not applied anywhere",
            )
        if migration.version != expected:
            raise ProjectError(
                "R211",
                f"migration {expected:04d} is missing",
                where=Location(migration.file),
                why=f"versions count up from 0001; the next found is {migration.version:04d}",
                mend="restore the missing file, or renumber the one that is not applied anywhere",
            )
    return tuple(migrations)


def tables_made(folder: Path) -> frozenset[str]:
    """Tables that any migration of `folder` makes, in lower case; a broken file's are left out."""
    found = set()
    for file in folder.glob("*.sql"):
        parts = _split_parts(file.read_text(encoding="utf-8", errors="replace"))
        for statement in split_statements(parts.get("up", ("", 1))[0]):
            if statement.table is not None:
                found.add(statement.table.lower())
    return frozenset(found)


def _read(file: Path) -> Migration:
    named = _NAME.match(file.name)
    if named is None:
        raise ProjectError(
            "R212",
            f"{file.name} is not a migration's name",
            where=Location(file),
            why="a migration is called NNNN_lower_case_words.sql",
            mend="rename it, or make one with `runner migrate new NAME`",
        )
    text = read_text(file).replace("\r\n", "\n")
    parts = _split_parts(text)
    for needed in ("up", "down"):
        if needed not in parts:
            raise ProjectError(
                "R213",
                f"{file.name} has no '-- migrate:{needed}' part",
                where=Location(file),
                mend=f"add a line '-- migrate:{needed}' and the statements below it",
            )
    statements = {
        part: tuple(split_statements(body, first_line))
        for part, (body, first_line) in parts.items()
    }
    return Migration(
        version=int(named.group(1)),
        name=named.group(2),
        file=file,
        checksum=hashlib.sha256(text.encode()).hexdigest(),
        up=statements["up"],
        down=statements["down"],
        verify=statements.get("verify", ()),
        down_sql=parts["down"][0].strip(),
    )


def _split_parts(text: str) -> dict[str, tuple[str, int]]:
    marks = list(_PART.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return {
        mark.group(1): (text[mark.end() : end], text.count("\n", 0, mark.end()) + 1)
        for mark, end in zip(marks, ends, strict=True)
    }


def split_statements(text: str, first_line: int = 1) -> list[Statement]:
    """Split at semicolons outside quotes and comments.

    >>> [s.sql for s in split_statements("select ';'; -- no ; here\\nselect 2;")]
    ["select ';'", '-- no ; here\\nselect 2']
    """
    statements: list[Statement] = []
    start = 0
    for token in _TOKEN.finditer(text):
        if token.group() == ";":
            _append(statements, text, start, token.start(), first_line)
            start = token.end()
    _append(statements, text, start, len(text), first_line)
    return statements


def _append(statements: list[Statement], text: str, start: int, end: int, first_line: int) -> None:
    raw = text[start:end]
    bare = "\n".join(re.sub(r"^\s*--.*$", "", line) for line in raw.splitlines()).strip()
    if not bare:
        return
    leading = len(raw) - len(raw.lstrip())
    line = first_line + text.count("\n", 0, start + leading)
    created = _CREATE_TABLE.search(raw)
    if created is None:
        statements.append(_other(raw, line))
        return
    head, body = raw[: created.start()], raw[created.end() :]
    comment = _comment(head)
    statements.append(
        Statement(raw.strip(), line, created.group(1), comment or None, tuple(_columns(body)))
    )


def _other(raw: str, line: int) -> Statement:
    """A statement that makes no table; the comment above a column added is the column's."""
    added = _ADD_COLUMN.search(raw)
    comment = _comment(raw[: added.start()]) if added else ""
    if added is None or not comment:
        return Statement(raw.strip(), line)
    table, column = added.groups()
    return Statement(raw.strip(), line, column_comments=((column, comment),), altered=table)


def _comment(head: str) -> str:
    return " ".join(found.group(1).strip() for found in re.finditer(r"^\s*--\s?(.*)$", head, re.M))


def _columns(body: str) -> list[tuple[str, str]]:
    found = []
    for line in body.splitlines():
        column = _COLUMN.match(line)
        comment = _TRAILING_COMMENT.search(line)
        if column and comment:
            found.append((column.group(1), comment.group("text")))
    return found
