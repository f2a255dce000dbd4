"""What `runner ingest --format` knows: one mapping file a format, in the project's sql/ingest.

A mapping is a SELECT over `ingest_raw` (one row a source row, `row_id` its number) that gives a
shape's fields. Its first comment describes it and holds the keys of header.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import Location, ProjectError, UsageError, nearest
from runner.ingest import macros
from runner.ingest.header import Header, read_header
from runner.project.text_file import read_text

if TYPE_CHECKING:
    from runner.ingest.shapes.stated import Extent

READERS = ("csv", "parquet", "json", "fix", "xml")
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
    macros: tuple[Path, ...]
    sql: str
    scope: str = "account"
    repeats: bool = False
    recognised_by: tuple[str, ...] = ()
    extent: Extent | None = None  # read as a venue's statement (statement.py)

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
    return {name: _read(file) for name, file in _files(folder).items()}


def find_format(folder: Path | None, name: str) -> Format:
    """The format called `name`; no other mapping is read."""
    known = _files(folder)
    if name not in known:
        # a venue's or a protocol's name alone is what its formats begin with
        near = [form for form in known if form.startswith(f"{name}-") or form == f"{name}s"]
        near = near or list(filter(None, [nearest(name, set(known))]))
        raise UsageError(
            "R270",
            f"there is no format '{name}'",
            why=f"known formats: {', '.join(sorted(known))}",
            mend=f"did you mean {' or '.join(near)}? Or let --format auto recognise it"
            if near
            else "see `runner ingest --help`, or let --format auto recognise it",
        )
    return _read(known[name])


def _files(folder: Path | None) -> dict[str, Path]:
    if folder is None:
        folder = _CHECKOUT if _CHECKOUT.is_dir() else _PACKAGED
    if not folder.is_dir():
        raise ProjectError(
            "R280",
            f"the mappings folder {folder.name} is missing",
            where=Location(folder),
            mend="restore sql/ingest, or make a new project with `runner init DIR`",
        )
    return {file.stem: file for file in sorted(folder.glob("*.sql"))}


def _read(file: Path) -> Format:
    from runner.ingest.shapes import SHAPES

    text = read_text(file).replace("\r\n", "\n")
    header = read_header(text)
    shapes, readers = header.of("shape"), header.of("reads")
    if not shapes or set(shapes) - set(SHAPES):
        near = nearest(next((s for s in shapes if s not in SHAPES), ""), set(SHAPES))
        raise ProjectError(
            "R280",
            f"{file.name} does not say what its rows become",
            where=Location(file, header.line("shape")),
            why=f"its first comment needs a line '-- shape: …', one of {', '.join(SHAPES)}",
            mend=f"did you mean '{near}'?" if near else "add the line",
        )
    if not readers or set(readers) - set(READERS):
        raise ProjectError(
            "R280",
            f"{file.name} does not say which files it reads",
            where=Location(file, header.line("reads")),
            mend=f"add a line '-- reads: …' to its first comment, of {', '.join(READERS)}",
        )
    return Format(
        name=file.stem,
        description=header.description,
        file=file,
        shapes=shapes,
        readers=readers,
        columns=header.of("columns"),
        optional=header.of("optional"),
        records=header.of("records"),
        venue=next(iter(header.of("venue")), None),
        macros=macros.find(file, header),
        sql=text.rstrip().rstrip(";"),
        scope=_one_of(file, header, "scope", ("account", "symbols")),
        repeats=_one_of(file, header, "repeats", ("no", "yes")) == "yes",
        recognised_by=header.of("recognised by"),
    )


def _one_of(file: Path, header: Header, key: str, words: tuple[str, ...]) -> str:
    """The word of a key, the first of `words` without it."""
    said = header.of(key) or words[:1]
    if len(said) != 1 or said[0] not in words:
        raise ProjectError(
            "R280",
            f"{file.name} says '{key}: {', '.join(said)}'",
            where=Location(file, header.line(key)),
            mend=f"say one of {', '.join(words)}",
        )
    return said[0]
