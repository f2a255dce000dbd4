"""A large load as it is watched: a bar on a terminal, plain lines elsewhere, silent with --quiet.

Of a small load nothing is shown: it is over before a bar could be read.
"""

from __future__ import annotations

import sys
from typing import Any

from runner.cli.console import say
from runner.ingest.progress import Progress

LARGE_BYTES = 32 << 20
_LINE_BYTES = 256 << 20  # how much is read between two lines


class Lines(Progress):
    """A line for each step of a large load, and for each quarter of a GiB read."""

    def __init__(self) -> None:
        self._what = ""
        self._total: int | None = None
        self._bytes = self._rows = 0
        self._is_large = False

    def began(self, what: str, total_bytes: int | None = None) -> None:
        if total_bytes is not None:
            self._is_large = total_bytes >= LARGE_BYTES
        self._what, self._total = what, total_bytes
        self._bytes = self._rows = 0
        if self._is_large:
            self._show()

    def advanced(self, byte_count: int, row_count: int = 0) -> None:
        before = self._bytes
        self._bytes += byte_count
        self._rows += row_count
        if not self._is_large:
            self._is_large = self._bytes >= LARGE_BYTES
            if self._is_large:
                self._show()
        if self._is_large:
            self._read(before)

    def _show(self) -> None:
        say(self._what)

    def _read(self, before: int) -> None:
        if self._bytes // _LINE_BYTES > before // _LINE_BYTES:
            of = "" if self._total is None else f" of {size(self._total)}"
            rows = f", {self._rows:,} rows" if self._rows else ""
            say(f"  {size(self._bytes)}{of}{rows}")


class Bar(Lines):
    """A bar of the bytes read, or one that moves where their number is not known; and rows."""

    def __init__(self, console: Any = None) -> None:
        super().__init__()
        self._console = console
        self._bar: Any = None
        self._task: Any = None

    def _show(self) -> None:
        if self._bar is None:
            self._bar = _bar(self._console)
            self._bar.start()
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(self._what, total=self._total, said="")

    def _read(self, before: int) -> None:
        of = "" if self._total is None else f" of {size(self._total)}"
        rows = f" {self._rows:,} rows" if self._rows else ""
        self._bar.update(self._task, completed=self._bytes, said=f"{size(self._bytes)}{of}{rows}")

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = self._task = None


def _bar(console: Any) -> Any:
    from rich import progress
    from rich.console import Console

    return progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.TextColumn("{task.fields[said]}"),
        progress.TimeElapsedColumn(),
        console=console or Console(stderr=True),
        transient=True,
    )


def watcher(quiet: bool = False) -> Progress:
    if quiet:
        return Progress()
    return Bar() if sys.stderr.isatty() else Lines()


def size(count: int) -> str:
    """
    >>> size(1_500), size(45 << 20), size(3 << 30)
    ('1 KiB', '45.0 MiB', '3.0 GiB')
    """
    if count < 1 << 20:
        return f"{count >> 10} KiB"
    return f"{count / (1 << 20):.1f} MiB" if count < 1 << 30 else f"{count / (1 << 30):.1f} GiB"
