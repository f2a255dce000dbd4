"""An open engine as a Python database connection (PEP 249), which is what SQLAlchemy asks for.

Its statements are portable SQL: the engine rewrites them for its database as it does all others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

from runner.engines.base import Engine, Relation
from runner.errors import EngineError

apilevel = "2.0"
threadsafety = 0
paramstyle = "qmark"
Error = EngineError

# connections are asked for by name: SQLAlchemy knows them by an address only
_OPEN: dict[str, Connection] = {}


class Cursor:
    """Reads rows as they are asked for: a rule that millions fail does not fetch them."""

    arraysize = 1
    rowcount = -1
    lastrowid = None

    def __init__(self, connection: Connection) -> None:
        self.description: list[tuple[Any, ...]] | None = None
        self._connection = connection
        self._rows: Iterator[tuple[Any, ...]] = iter(())

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        try:
            result = self._connection.engine.query(sql, tuple(parameters))
        except EngineError as error:
            self._connection.errors.append(error)
            raise
        self.description = [(c.name, *[None] * 6) for c in result.columns]
        self._rows = result.rows
        self._connection.latest = self

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._own_rows(), None)

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        return list(islice(self._own_rows(), self.arraysize if size is None else size))

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._own_rows())

    def _own_rows(self) -> Iterator[tuple[Any, ...]]:
        # an engine has one answer at a time: an earlier cursor would read the later one's rows
        assert self._connection.latest is self, "a later statement has taken this answer's place"
        return self._rows

    def close(self) -> None:
        self._rows = iter(())


class Connection:
    """Neither ends a transaction nor closes: both belong to whoever opened the engine.

    `errors` are those of the database, in order: SQLAlchemy and its callers keep their text only.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.errors: list[EngineError] = []
        self.latest: Cursor | None = None

    @cached_property
    def relations(self) -> Mapping[str, Relation]:
        """Read once: nothing is made or dropped while checks run."""
        return self.engine.relations()

    def cursor(self) -> Cursor:
        return Cursor(self)

    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None: ...


def offer(name: str, engine: Engine) -> Connection:
    """Make `engine` known by `name` until it is withdrawn."""
    _OPEN[name] = Connection(engine)
    return _OPEN[name]


def withdraw(name: str) -> None:
    del _OPEN[name]


def connect(name: str) -> Connection:
    return _OPEN[name]
