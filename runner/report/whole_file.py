"""A file that is written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(output: Path) -> Iterator[Path]:
    """A file beside `output` to write to: it takes its place at the end, and is gone otherwise.

    Where it cannot be written, the OSError names `output`, as the caller does.
    """
    partial = output.with_name(output.name + ".partial")
    try:
        partial.touch()  # the system says why it refuses, before anything is made
        yield partial
        partial.replace(output)
    except OSError as error:
        if error.filename == str(partial):
            error.filename = str(output)
        raise
    finally:
        partial.unlink(missing_ok=True)
