"""One writer at a time, and a name for it: SQLite's own lock cannot say who holds it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import IO

from runner.errors import DatabaseLocked, Location

try:
    import fcntl
except ImportError:  # no such lock on Windows: SQLite's own, without the name, has to do
    fcntl = None  # type: ignore[assignment]

_POLL_SECONDS = 0.05


class WriterLock:
    """Held from creation until `release` or the process's end, however it ends.

    DatabaseLocked names the holder's PID when it is not free within `wait_seconds`.
    """

    def __init__(self, database: Path, wait_seconds: float) -> None:
        self._file: IO[str] | None = None
        if fcntl is None:
            return
        path = database.with_name(database.name + ".lock")
        # not deleted at the end: a waiting process may already have it open
        opened = path.open("a+", encoding="utf-8")
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    opened.seek(0)
                    holder = opened.read().strip() or "unknown"
                    opened.close()
                    raise DatabaseLocked(
                        "R302",
                        f"{database.name} is held by another process: PID {holder}",
                        where=Location(database),
                        why="one process writes a ledger at a time",
                        mend="let it finish, or wait for it with --wait SECONDS",
                    ) from None
                time.sleep(_POLL_SECONDS)
        opened.seek(0)
        opened.truncate()
        opened.write(str(os.getpid()))
        opened.flush()
        self._file = opened

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
