"""The named audit queries of `sql/audit/`: what each answers, its columns, its parameters.

A file is plain SQL that any client of a DuckDB ledger runs as it is. It begins with a comment:

    -- One sentence that says what it answers.
    --
    -- More, in as many lines as it takes.
    --
    -- Columns:
    --   fill_id uuid: the fill
    -- Parameters:
    --   within_seconds bigint, default 60: how far apart, seconds
    with params as (
        select cast(60 as bigint) as within_seconds
    ),

The parameters stand in the CTE `params`, each a literal cast to its type, which is what a given
value takes the place of. The comment is held against the CTE, so that neither can be wrong alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.audit.parameters import Parameter, find_parameters
from runner.errors import Location, ProjectError, SelectionError, nearest
from runner.project.text_file import read_text

_ENTRY = re.compile(r"  (?P<name>\w+) (?P<type>[a-z]+(?:\(\d+, \d+\))?)(?P<rest>.*)")
_PARTS = ("Columns:", "Parameters:")


@dataclass(frozen=True)
class OutputColumn:
    """A column as the file's comment has it; its type in DuckDB's words."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class AuditQuery:
    """A query of `sql/audit/`. `description` is all of its comment before the columns."""

    path: Path
    description: str
    columns: tuple[OutputColumn, ...]
    parameters: tuple[Parameter, ...]
    sql: str

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def title(self) -> str:
        """The comment's first paragraph, in one line."""
        return " ".join(self.description.split("\n\n")[0].split())

    def with_values(self, given: Mapping[str, str]) -> str:
        """Its SQL with other values for some parameters, each read as its type.

        SelectionError (R290) for a parameter that it does not have, or a value that is not of the
        parameter's type.
        """
        known = {p.name: p for p in self.parameters}
        for name in given:
            if name not in known:
                near = nearest(name, set(known))
                raise SelectionError(
                    "R290",
                    f"{self.name} has no parameter '{name}'",
                    why=f"it has: {', '.join(known) or 'none'}",
                    mend=f"did you mean '{near}'?" if near else "see `runner audit list`",
                )
        text = self.sql
        for parameter in reversed(self.parameters):
            if parameter.name in given:
                literal = parameter.literal(given[parameter.name])
                text = text[: parameter.start] + literal + text[parameter.end :]
        return text


def load_queries(folder: Path) -> dict[str, AuditQuery]:
    """Every query of the folder, by name. ProjectError (R291) for a comment that is not so."""
    return {path.stem: _load(path) for path in sorted(folder.glob("*.sql"))}


def find_query(folder: Path, name: str) -> AuditQuery:
    """SelectionError (R290) for a name that no file has, with one like it."""
    known = {path.stem: path for path in folder.glob("*.sql")}
    if name not in known:
        near = nearest(name, set(known))
        raise SelectionError(
            "R290",
            f"there is no audit query '{name}'",
            mend=f"did you mean '{near}'?" if near else "see `runner audit list`",
        )
    return _load(known[name])


def tables_read(sql: str) -> frozenset[str]:
    """The tables and views that a query names, its own CTEs left out."""
    from sqlglot import exp

    from runner.sqltyping.parsing import parse

    tree = parse(sql)
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return frozenset(table.name for table in tree.find_all(exp.Table)) - own


def _load(path: Path) -> AuditQuery:
    sql = read_text(path)
    lines = sql.split("\n")
    header = []
    for line in lines:
        if not line.startswith("--"):
            break
        header.append(line[2:].removeprefix(" ").rstrip())
    description, parts = _split(path, header)
    columns = tuple(OutputColumn(name, kind, said) for _, name, kind, _, said in parts["Columns:"])
    parameters = find_parameters(path, sql)
    _compare(path, parts["Parameters:"], parameters)
    described = {name: said for _, name, _, _, said in parts["Parameters:"]}
    told = tuple(p.described(described[p.name]) for p in parameters)
    return AuditQuery(path, description, columns, told, sql)


_Entry = tuple[int, str, str, str | None, str]  # line, name, type, default, description


def _split(path: Path, header: list[str]) -> tuple[str, dict[str, list[_Entry]]]:
    """What the comment says before its parts, and the entries of each."""
    found: dict[str, list[_Entry]] = {part: [] for part in _PARTS}
    said: list[str] = []
    part = None
    for number, line in enumerate(header, start=1):
        if line in _PARTS:
            part = line
        elif part is None:
            said.append(line)
        elif line.startswith("    ") and found[part]:
            *entry, description = found[part].pop()
            found[part].append((*entry, f"{description} {line.strip()}"))  # type: ignore[arg-type]
        elif line.strip():
            found[part].append(_entry(path, number, line))
    description = "\n".join(said).strip()
    if not description or not found["Columns:"]:
        raise _bad(path, 1, "its comment does not say what it answers, and its columns")
    return description, found


def _entry(path: Path, number: int, line: str) -> _Entry:
    read = _ENTRY.fullmatch(line)
    rest = read["rest"] if read else ""
    default, colon, said = rest.partition(": ")
    default = default.removeprefix(", default ")
    if read is None or not colon:
        raise _bad(path, number, f"cannot read '{line.strip()}'")
    return number, read["name"], read["type"], default or None, said


def _compare(path: Path, entries: Iterable[_Entry], parameters: Iterable[Parameter]) -> None:
    said = {name: (kind, default) for _, name, kind, default, _ in entries}
    has = {p.name: (p.type, p.default) for p in parameters}
    if said != has:
        differing = sorted(n for n in said.keys() | has.keys() if said.get(n) != has.get(n))
        line = next((number for number, name, *_ in entries if name in differing), 1)
        raise _bad(
            path,
            line,
            f"its comment and its params do not agree on {', '.join(differing)}",
        )


def _bad(path: Path, line: int, what: str) -> ProjectError:
    return ProjectError(
        "R291",
        f"{path.name}: {what}",
        where=Location(path, line),
        mend="write '-- Columns:' and lines of '--   NAME TYPE: what it is', then '-- Parameters:' "
        "and lines of '--   NAME TYPE, default LITERAL: what it is', as the params CTE has them",
    )
