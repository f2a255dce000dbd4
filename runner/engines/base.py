"""What the runner asks of a database. Everything else in the program knows only this."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from runner.config import Target
from runner.errors import EngineError, Location
from runner.sqltyping.types import SqlType

if TYPE_CHECKING:
    from runner.engines.staging import Staging


@dataclass(frozen=True)
class Column:
    name: str
    type: SqlType
    native_type: str = ""


@dataclass(frozen=True)
class Relation:
    """A table or view as the database's own catalogue has it."""

    name: str
    is_view: bool
    columns: tuple[Column, ...]
    definition: str = ""  # in the catalogue's own words; altering or replacing it changes them


@dataclass(frozen=True, order=True)
class SchemaObject:
    """A table, view, column, index, trigger or comment, and the table it belongs to."""

    kind: str
    table: str
    name: str = ""  # empty where it is the table or view itself

    def __str__(self) -> str:
        if not self.name:
            return f"{self.kind} {self.table}"
        if self.kind in ("column", "comment"):
            return f"{self.kind} {self.table}.{self.name}"
        return f"{self.kind} {self.name} on {self.table}"


@dataclass
class Result:
    """A query's answer: its columns, and its rows read as they are asked for.

    Values are Python's own: Decimal, int, str, bool, datetime (UTC, naive), date, float, None.
    """

    columns: tuple[Column, ...]
    rows: Iterator[tuple[Any, ...]]

    @property
    def named(self) -> Iterator[dict[str, Any]]:
        """The rows, each value by its column's name."""
        names = [column.name for column in self.columns]
        return (dict(zip(names, row, strict=True)) for row in self.rows)


Params = Sequence[Any]


class Engine(Protocol):
    """One open database.

    "Portable" SQL is the DuckDB dialect the project's files are written in; "native" is the
    engine's own. Every method raises a subclass of EngineError when the database refuses.
    """

    name: str
    target: Target
    zone_row_count: int | None  # of each so many rows it knows what they hold at least and at most
    own_tables: frozenset[str]  # what it keeps in the database for itself

    def close(self) -> None: ...

    # statements
    def execute(self, sql: str, params: Params = ()) -> None:
        """Run one portable statement that returns nothing."""
        ...

    def query(self, sql: str, params: Params = ()) -> Result:
        """Run one portable query."""
        ...

    def text_blocks(self, sql: str, size: int) -> Iterator[list[str]]:
        """A portable query's one text column, `size` rows at a time: for hashing."""
        ...

    def evaluate(self, sql: str) -> None:
        """Run one portable query to its end, every column of every row, and keep nothing."""
        ...

    def query_native(self, sql: str, params: Params = ()) -> Result:
        """Run one query in the engine's own SQL."""
        ...

    def copy_facts(
        self, source: Path, tables: Mapping[str, Sequence[str]], until: datetime
    ) -> None:
        """Take over what another ledger of this engine had recorded until a moment (UTC).

        `tables` are those to copy, each after those it points to, and their columns.
        """
        ...

    def attach(self, source: Path, shown: Mapping[str, Relation]) -> None:
        """Show relations of another database of this engine, which is never written to.

        `shown` are its relations, by the names they get here. Only for an engine in memory.
        """
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Commit when the block ends, roll back when it raises."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """Have the queries of a block see one moment of the database, whoever writes meanwhile."""
        ...

    def spare_memory(self, changed_rows: int) -> None:
        """From now on take little memory, as long as all the changed rows it is told of are few.

        Where the target sets a limit, that stands.
        """
        ...

    def use_all_memory(self) -> bool:
        """Take all there is, from now on; whether that is more than before."""
        ...

    def native(self, sql: str) -> str:
        """Portable SQL as this engine runs it."""
        ...

    def staging(self) -> AbstractContextManager[Staging]:
        """A DuckDB to read and judge rows in before this database takes them (ingest only)."""
        ...

    # catalogue
    def relations(self) -> Mapping[str, Relation]:
        """Tables and views by name, temporary ones left out."""
        ...

    def has_relation(self, name: str) -> bool:
        """Whether there is such a table or view: far quicker than `relations` for one name."""
        ...

    def existing(self, names: Collection[str]) -> frozenset[str]:
        """Those of the names that a table or view has."""
        ...

    def describe(self, sql: str) -> tuple[Column, ...]:
        """The columns a portable query would have, without running it."""
        ...

    def row_count(self, table: str) -> int: ...

    def row_counts(self, tables: Sequence[str]) -> Mapping[str, int]:
        """The rows of each table: of many, far quicker than one after another."""
        ...

    # definition
    def define(self, sql: str, *, append_only: bool = False) -> None:
        """Run a migration's CREATE TABLE, CREATE INDEX, ALTER TABLE or DROP TABLE.

        `append_only`: it makes a table whose columns shall not be dropped or change their type.
        """
        ...

    def comment(self, table: str, column: str | None, text: str, *, is_view: bool = False) -> None:
        """Describe a table or view, or one of its columns, in the catalogue."""
        ...

    def guard_fact(self, table: str) -> None:
        """Have the database refuse UPDATE, DELETE and TRUNCATE on `table`."""
        ...

    def guard_record(self, table: str) -> None:
        """Have the database refuse the same on a table of the runner's own records."""
        ...

    def guard_history(self, table: str) -> None:
        """Have the database refuse the same on a table that builds append to."""
        ...

    def guard_derived(self, table: str) -> None:
        """Have the database refuse INSERT as well, on a table the runner has published."""
        ...

    def lift_guard(self, table: str) -> None:
        """Take off what guards `table`, in the transaction that puts it back."""
        ...

    def guarded_facts(self) -> frozenset[str]:
        """Facts whose guard is in place, whole and unaltered."""
        ...

    def guarded_records(self) -> frozenset[str]:
        """The same of the runner's own records."""
        ...

    def guarded_derived(self) -> frozenset[str]:
        """Derived tables whose guard is in place, whole and unaltered."""
        ...

    def table_as(self, name: str, sql: str, columns: Sequence[Column] | None = None) -> int:
        """Replace table or view `name` by a table of a portable query's rows; how many.

        `columns` are the query's as `describe` has them, where that is known already.
        """
        ...

    def empty_table(self, name: str, columns: Sequence[Column]) -> None:
        """Replace table or view `name` by an empty table."""
        ...

    def view_as(self, name: str, sql: str) -> None: ...

    def insert_select(self, name: str, columns: Sequence[str], sql: str) -> int: ...

    def delete(self, name: str, condition: str) -> None:
        """Take out the table's rows that a portable condition holds of."""
        ...

    def insert_rows(
        self, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]]
    ) -> int: ...

    def integers(
        self, table: str, columns: Sequence[Column], order_by: Sequence[str]
    ) -> Iterator[tuple[int | None, ...]]:
        """Columns of whole numbers, row by row; nothing else may run until the last is taken."""
        ...

    def insert_integers(
        self, name: str, columns: Sequence[Column], rows: Iterable[tuple[int | None, ...]]
    ) -> int:
        """Append very many rows of whole numbers."""
        ...

    def drop(self, name: str) -> None:
        """Drop the table or view `name` if there is one; never a guarded fact or record.

        So for all that replaces a table or view: table_as, empty_table, view_as.
        """
        ...

    def schema_signature(self) -> Mapping[SchemaObject, str]:
        """Each schema object and its normalised definition, to compare two databases by."""
        ...


def require_database(target: Target) -> None:
    """EngineError where there is no database yet."""
    if not target.path.exists():
        raise EngineError(
            "R301",
            f"there is no database at {target.path}",
            why=f"target '{target.name}' points there and nothing has been built yet",
            mend=f"run `runner build -t {target.name}` first",
        )


def prepare_place(target: Target, *, read_only: bool) -> None:
    """A folder for the database of a writer.

    EngineError where a reader finds no database, and where what is there is a folder.
    """
    if read_only:
        require_database(target)
    if target.path.is_dir():
        raise EngineError(
            "R303",
            f"{target.path.name} is a folder, not a database",
            where=Location(target.path),
            why=f"target '{target.name}' points there",
            mend=f"name a file as `path` under [tool.runner.targets.{target.name}]",
        )
    target.path.parent.mkdir(parents=True, exist_ok=True)


def open_engine(
    target: Target, *, read_only: bool = False, wait_seconds: float = 0, frugal: bool = False
) -> Engine:
    """Open `target`, waiting up to `wait_seconds` while another process holds it.

    `frugal`: for finding a few rows in large tables, of which nothing is read twice.
    """
    import importlib

    module = importlib.import_module(f"runner.engines.{target.engine}")
    engine: Engine = module.connect(
        target, read_only=read_only, wait_seconds=wait_seconds, frugal=frugal
    )
    return engine


def open_memory(engine: str, settings: Mapping[str, str] | None = None) -> Engine:
    """A new empty database of the same kind, in memory; `settings` are a target's."""
    import importlib
    from pathlib import Path

    module = importlib.import_module(f"runner.engines.{engine}")
    opened: Engine = module.connect(Target("memory", engine, Path(":memory:"), settings or {}))
    return opened
