"""A folder of statements: which format each file is of, and all of them loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from runner.config import Config
from runner.engines.base import Engine
from runner.errors import Location, UsageError
from runner.ingest.formats import formats
from runner.ingest.load import LoadReport, ingest
from runner.ingest.shapes import SHAPES
from runner.ingest.shapes.stated import Extent

_SEPARATORS = ("", ".", "-", "_", " ")


def find_statements(
    folder: Path, config: Config, format_name: str | None
) -> list[tuple[Path, str]]:
    """The folder's files and their formats, each after those it points to.

    UsageError (R289) for a folder without files, and for one whose format neither `format_name`
    nor its name tells: binance-trades.json, binance-trades-2026-03.json, or any name in a folder
    called binance-trades.
    """
    files = sorted(
        path for path in folder.rglob("*")
        if path.is_file() and not any(
            part.startswith(".") for part in path.relative_to(folder).parts
        )
    )  # fmt: skip
    if not files:
        raise UsageError(
            "R289",
            f"there is no statement in {folder.name}",
            where=Location(folder),
            mend="put the venues' files there",
        )
    known = formats(config.ingest_path)
    found = [(path, format_name or _told(path, folder, set(known))) for path in files]
    order = list(SHAPES)
    return sorted(
        found,
        key=lambda pair: order.index(known[pair[1]].shape) if pair[1] in known else -1,
    )


def _told(path: Path, folder: Path, known: set[str]) -> str:
    """The format whose name begins the file's, the longest there is, or its folder's."""
    names = [path.name, *reversed(path.relative_to(folder).parts[:-1])]
    for name in names:
        told = [
            form for form in known
            if name.startswith(form) and name[len(form) : len(form) + 1] in _SEPARATORS
        ]  # fmt: skip
        if told:
            return max(told, key=len)
    raise UsageError(
        "R289",
        f"what {path.name} is of is not told",
        where=Location(path),
        why="its name does not begin with a format's, nor is its folder called like one",
        mend="call it <format>.json or <format>-2026-03.json, or say --format for all of them; "
        "`runner ingest --help` lists the formats",
    )


def load_statements(
    engine: Engine,
    config: Config,
    statements: Sequence[tuple[Path, str]],
    extent: Extent,
    *,
    account: str | None,
    venue: str | None,
) -> Iterator[LoadReport]:
    """Load each file as a batch of its own; what was loaded before adds nothing."""
    for path, format_name in statements:
        yield ingest(
            engine, config, [path], format_name, account=account, venue=venue, extent=extent
        )
