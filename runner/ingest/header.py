"""The first comment of a mapping: what it describes, and the keys it holds.

    -- shape: fill                  what each row becomes; of several, `shape` says which
    -- reads: csv, parquet, json    kinds of file
    -- columns: venue, symbol       columns a file must have   (files of named columns)
    -- optional: kind               columns it may have
    -- records: data.list           where an API's answer holds its records (readers/envelope.py)
    -- venue: binance               the venue of rows that name none; the account, too
    -- macros: binance              what the mapping shares with others of its venue (macros.py)
    -- scope: symbols               a file is of the symbols in it, not of all the account trades
    -- repeats: yes                 the same thing may stand on several rows: messages sent again
    -- recognised by: a+b, c=d      what `--format auto` knows its files by (recognition.py)

The lines before the first key are the description. A key may stand on several lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_KEY = re.compile(
    r"^--\s*(shape|reads|columns|optional|records|venue|macros|scope|repeats|recognised by)"
    r":\s*(.*)$"
)


@dataclass(frozen=True)
class Header:
    """A mapping's description, the words of each key, and the 1-based line each key is first on."""

    description: str
    words: Mapping[str, tuple[str, ...]]
    lines: Mapping[str, int]

    def of(self, key: str) -> tuple[str, ...]:
        return self.words.get(key, ())

    def line(self, key: str) -> int:
        """Where the key stands, or should."""
        return self.lines.get(key, 1)


def read_header(mapping: str) -> Header:
    """The header of a mapping's text.

    >>> read_header("-- Trades of Acme.\\n--\\n-- shape: fill\\n-- reads: csv, json\\n").of("reads")
    ('csv', 'json')
    """
    words: dict[str, tuple[str, ...]] = {}
    lines: dict[str, int] = {}
    said: list[str] = []
    for number, line in enumerate(mapping.splitlines(), start=1):
        if not line.startswith("--"):
            break
        found = _KEY.match(line)
        if found:
            key, listed = found.groups()
            lines.setdefault(key, number)
            words[key] = words.get(key, ()) + tuple(
                word.strip() for word in listed.split(",") if word.strip()
            )
        elif not words and line.lstrip("- "):
            said.append(line.lstrip("- ").strip())
    return Header(" ".join(said), words, lines)


def macro_files(mapping: Path, header: Header) -> tuple[Path, ...]:
    """Where the macros that a mapping names are kept, there or not."""
    return tuple(mapping.parent / "macros" / f"{name}.sql" for name in header.of("macros"))
