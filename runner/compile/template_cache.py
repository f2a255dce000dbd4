"""Compiled templates kept between runs: most of what a command that changes nothing does."""

from __future__ import annotations

import hashlib
import marshal
import sys
from contextlib import suppress
from pathlib import Path
from types import CodeType

import jinja2

_FORMAT = f"{jinja2.__version__} {sys.version}"
# by key, what this process has compiled: a watched project is opened again and again
_MADE: dict[str, CodeType] = {}


class TemplateCache:
    """Jinja's Python code by template name and text, in one file.

    A file that is missing, of another Jinja or Python, or cannot be read is an empty cache; one
    that cannot be written is left alone. Code that a run did not use is dropped when it saves.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known = _read(path) if path else {}
        self._used: dict[str, CodeType] = {}

    def get(self, name: str, source: str) -> CodeType | None:
        key = _key(name, source)
        code = self._known.get(key) or _MADE.get(key)
        if code is not None:
            self._used[key] = code
        return code

    def put(self, name: str, source: str, code: CodeType) -> None:
        key = _key(name, source)
        self._used[key] = _MADE[key] = code

    def save(self) -> None:
        if self._path is None or self._used.keys() == self._known.keys():
            return
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(marshal.dumps((_FORMAT, self._used)))
            fresh.replace(self._path)
            self._known = dict(self._used)
        except OSError:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)


def _key(name: str, source: str) -> str:
    return hashlib.sha256(f"{name}\0{source}".encode()).hexdigest()


def _read(path: Path) -> dict[str, CodeType]:
    with suppress(OSError, ValueError, EOFError, TypeError):
        written_by, found = marshal.loads(path.read_bytes())
        if written_by == _FORMAT and isinstance(found, dict):
            return found
    return {}
