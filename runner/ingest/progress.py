"""How far a load has come, for whoever watches it."""

from __future__ import annotations


class Progress:
    """Hears how far a load is; this one keeps it to itself."""

    def began(self, what: str, total_bytes: int | None = None) -> None:
        """A step of the load; `total_bytes` is what it has to read, where that is known."""

    def advanced(self, byte_count: int, row_count: int = 0) -> None:
        """So much more was read."""

    def stop(self) -> None:
        """Leave the terminal as it was, however the load ended."""


class FileProgress(Progress):
    """One file's part of a step: a reader may tell its bytes roughly, and the end settles them."""

    def __init__(self, whole: Progress, size_bytes: int) -> None:
        self._whole = whole
        self._left = size_bytes

    def advanced(self, byte_count: int, row_count: int = 0) -> None:
        byte_count = min(byte_count, self._left)
        self._left -= byte_count
        self._whole.advanced(byte_count, row_count)

    def ended(self) -> None:
        self.advanced(self._left)
