"""Every error a user can meet, with the exit status each one ends the process with.

RunnerError
├── UsageError                2   the command line, or what it selects
│   └── SelectionError        2   a selector that names nothing
├── ProjectError              2   a file of the project: TOML, YAML, CSV, SQL header, folder
│   ├── CompileError          2   Jinja, an unknown ref or source, a cycle
│   └── ExactnessError        2   SQL that would turn exact money into a binary float
├── InputError                2   a file handed to `ingest` that cannot be read as what it is called
├── ChecksFailed              1   a check failed; nothing was published
│   └── ContractError         1   a model's output is not what its YAML promises
├── QuarantinedRows           1   `ingest --strict` met rows that had to be set aside
└── EngineError               3   the database refused or failed
    ├── DatabaseLocked        3   another process holds it
    ├── DatabaseCorrupt       3   it is not a database, or a damaged one
    ├── DiskFull              3   no room left to write
    ├── TranslationError      3   SQL this engine cannot run exactly
    └── MigrationError        3   schema and migrations disagree

Anything else that escapes is a bug and ends the process with 101.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Location:
    """A place in a file a person can open: path, and 1-based line or column's name where known."""

    path: Path
    line: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        shown = self.path
        cwd = Path.cwd()
        if shown.is_absolute() and shown.is_relative_to(cwd):
            shown = shown.relative_to(cwd)
        place = f"{shown}:{self.line}" if self.line is not None else str(shown)
        return f"{place}, column {self.column}" if self.column is not None else place


class RunnerError(Exception):
    """What happened, where, why, and how to mend it.

    `code` names the kind of error and is listed in docs/errors.md; `exit_code` is the process's
    status. Messages are whole sentences without a trailing newline.
    """

    exit_code = 101

    def __init__(
        self,
        code: str,
        what: str,
        *,
        where: Location | None = None,
        why: str | None = None,
        mend: str | None = None,
    ) -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.where = where
        self.why = why
        self.mend = mend

    def __str__(self) -> str:
        lines = [f"error[{self.code}]: {self.what}"]
        if self.where is not None:
            lines.append(f"  where: {self.where}")
        if self.why:
            lines.append(f"  why:   {self.why}")
        if self.mend:
            lines.append(f"  mend:  {self.mend}")
        return "\n".join(lines)


class UsageError(RunnerError):
    exit_code = 2


class SelectionError(UsageError):
    pass


class ProjectError(RunnerError):
    exit_code = 2


class CompileError(ProjectError):
    pass


class ExactnessError(ProjectError):
    pass


class InputError(RunnerError):
    exit_code = 2


class ChecksFailed(RunnerError):
    exit_code = 1


class ContractError(ChecksFailed):
    pass


class QuarantinedRows(RunnerError):
    exit_code = 1


class EngineError(RunnerError):
    """`sql_line` is the 1-based line of the statement at fault, where the engine tells it."""

    exit_code = 3
    sql_line: int | None = None


class DatabaseLocked(EngineError):
    pass


class DatabaseCorrupt(EngineError):
    pass


class DiskFull(EngineError):
    pass


class MemoryExhausted(EngineError):
    pass


class TranslationError(EngineError):
    pass


class MigrationError(EngineError):
    pass


def nearest(word: str, known: list[str] | set[str]) -> str | None:
    """The known word most like `word`, for "did you mean"; None where nothing is near."""
    import difflib

    found = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return found[0] if found else None
