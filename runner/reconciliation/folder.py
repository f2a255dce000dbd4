"""A folder of statements: which format each file is of, and all of them loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from runner.config import Config
from runner.engines.base import Engine
from runner.errors import Location, UsageError
from runner.ingest.formats import formats
from runner.ingest.load import LoadReport, ingest
from runner.ingest.progress import Progress
from runner.ingest.recognition import AUTO, recognised
from runner.ingest.shapes import SHAPES
from runner.ingest.shapes.stated import Extent
from runner.ingest.statement import tells

_SEPARATORS = ("", ".", "-", "_", " ")


def find_statements(
    engine: Engine, folder: Path, config: Config, format_name: str | None
) -> tuple[list[tuple[Path, str]], list[tuple[Path, str]]]:
    """The folder's files and their formats, each after those it points to; and those left out.

    What holds nothing that a statement tells, as deposits and funding, is left out where it stands
    beside what does.

    A file's format is `format_name`; or what its name begins with, or its folder's
    (binance-trades-2026-03.json); or else what its content is recognised as, as with `auto` all
    are. UsageError (R289) for a folder without files, InputError (R296) for a file that is not
    recognised.
    """
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if not files:
        raise UsageError(
            "R289",
            f"there is no statement in {folder.name}",
            where=Location(folder),
            mend="put the venues' files there",
        )
    known = formats(config.ingest_path)
    told: list[tuple[Path, str]] = []
    unnamed: list[Path] = []
    for path in files:
        named = _named(path, folder, set(known)) if format_name is None else format_name
        if named is not None and named != AUTO:
            told.append((path, named))
        else:
            unnamed.append(path)
    if unnamed:
        for group in recognised(engine, unnamed, config, stated=True):
            told += [(path, group.format) for path in group.files]
    order = list(SHAPES)
    told.sort(key=lambda pair: order.index(known[pair[1]].shape) if pair[1] in known else -1)
    silent = [pair for pair in told if pair[1] in known and not tells(known[pair[1]])]
    if len(silent) == len(told):
        return told, []
    return [pair for pair in told if pair not in silent], silent


def _named(path: Path, folder: Path, known: set[str]) -> str | None:
    """The format whose name begins the file's, the longest there is, or its folder's."""
    for name in (path.name, *reversed(path.relative_to(folder).parts[:-1])):
        told = [
            form
            for form in known
            if name.startswith(form) and name[len(form) : len(form) + 1] in _SEPARATORS
        ]
        if told:
            return max(told, key=len)
    return None


def load_statements(
    engine: Engine,
    config: Config,
    statements: Sequence[tuple[Path, str]],
    extent: Extent,
    *,
    account: str | None,
    venue: str | None,
    progress: Progress | None = None,
) -> Iterator[LoadReport]:
    """Load each file as a batch of its own; what was loaded before adds nothing."""
    for path, format_name in statements:
        yield ingest(
            engine,
            config,
            [path],
            format_name,
            account=account,
            venue=venue,
            extent=extent,
            progress=progress,
        )
