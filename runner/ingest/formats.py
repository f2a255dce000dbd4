"""What `runner ingest --format` knows: one mapping file a format, in the project's sql/ingest.

A mapping is a SELECT over `ingest_raw` (one row a source row, `row_id` its number) that gives a
shape's fields. Its first comment describes it and holds the keys read here:

    -- shape: fill                  what each row becomes; of several, `shape` says which
    -- reads: csv, parquet, json    kinds of file
    -- columns: venue, symbol       columns a file must have   (files of named columns)
    -- optional: kind               columns it may have
    -- records: data.list           where an API's answer holds its records (readers/envelope.py)
    -- venue: binance               the venue of rows that name none; the account, too
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.errors import Location, ProjectError, UsageError, nearest
from runner.project.text_file import read_text

READERS = ("csv", "parquet", "json")
_KEY = re.compile(r"^--\s*(shape|reads|columns|optional|records|venue):\s*(.*)$")
_PACKAGED = Path(__file__).parent.parent / "template" / "sql" / "ingest"
_CHECKOUT = Path(__file__).parent.parent.parent / "sql" / "ingest"


@dataclass(frozen=True)
class Format:
    """One format: how its files are read and what its rows become."""

    name: str
    description: str
    file: Path
    shapes: tuple[str, ...]
    readers: tuple[str, ...]
    columns: tuple[str, ...]
    optional: tuple[str, ...]
    records: tuple[str, ...]
    venue: str | None
    sql: str

    @property
    def shape(self) -> str:
        """What its rows become, or those of them that do not say."""
        return self.shapes[0]

    @property
    def has_columns(self) -> bool:
        """Whether its files have named columns; otherwise the mapping reads JSON records."""
        return bool(self.columns)


def formats(folder: Path | None = None) -> Mapping[str, Format]:
    """Every format of a project's mapping folder, by name; None: those the runner comes with."""
    if folder is None:
        folder = _CHECKOUT if _CHECKOUT.is_dir() else _PACKAGED
    if not folder.is_dir():
        raise ProjectError(
            "R280",
            f"the mappings folder {folder.name} is missing",
            where=Location(folder),
            mend="restore sql/ingest, or make a new project with `runner init DIR`",
        )
    return {file.stem: _read(file) for file in sorted(folder.glob("*.sql"))}


def find_format(folder: Path | None, name: str) -> Format:
    known = formats(folder)
    if name not in known:
        near = nearest(name, set(known))
        raise UsageError(
            "R270",
            f"there is no format '{name}'",
            why=f"known formats: {', '.join(sorted(known))}",
            mend=f"did you mean '{near}'?" if near else "see `runner ingest --help`",
        )
    return known[name]


def _read(file: Path) -> Format:
    from runner.ingest.shapes import SHAPES

    text = read_text(file).replace("\r\n", "\n")
    keys: dict[str, str] = {}
    words: list[str] = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        found = _KEY.match(line)
        if found:
            key, value = found.group(1), found.group(2).strip().rstrip(",")
            keys[key] = f"{keys[key]}, {value}" if key in keys else value
        elif not keys and line.lstrip("- "):
            words.append(line.lstrip("- ").strip())
    shapes = _listed(keys.get("shape", ""))
    if not shapes or set(shapes) - set(SHAPES):
        near = nearest(next((s for s in shapes if s not in SHAPES), ""), set(SHAPES))
        raise ProjectError(
            "R280",
            f"{file.name} does not say what its rows become",
            where=Location(file, 1),
            why=f"its first comment needs a line '-- shape: …', one of {', '.join(SHAPES)}",
            mend=f"did you mean '{near}'?" if near else "add the line",
        )
    readers = _listed(keys.get("reads", ""))
    if not readers or set(readers) - set(READERS):
        raise ProjectError(
            "R280",
            f"{file.name} does not say which files it reads",
            where=Location(file, 1),
            mend=f"add a line '-- reads: …' to its first comment, of {', '.join(READERS)}",
        )
    return Format(
        name=file.stem,
        description=" ".join(words),
        file=file,
        shapes=shapes,
        readers=readers,
        columns=_listed(keys.get("columns", "")),
        optional=_listed(keys.get("optional", "")),
        records=_listed(keys.get("records", "")),
        venue=keys.get("venue") or None,
        sql=text.rstrip().rstrip(";"),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
