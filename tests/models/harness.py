"""Ledgers in memory on either engine, and the project's models built over them by the runner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apsw

from runner.build.materialize import materialize
from runner.build.plan import Action, Step
from runner.build.seeds import load_seed
from runner.compile.compiled import Compiled
from runner.config import load_config
from runner.engines.base import Column, Engine
from runner.engines.base import open_engine as open_target
from runner.migrate.apply import apply_statements
from runner.migrate.files import load_migrations
from runner.workspace import Workspace, open_workspace
from tests.conftest import target

ROOT = Path(__file__).resolve().parents[2]


def in_memory(engine: str) -> Engine:
    return _open(engine, Path(":memory:"))


def _open(engine: str, path: Path) -> Engine:
    return open_target(target(engine, path))


def _migrated(engine: str, path: Path = Path(":memory:")) -> Engine:
    made = _open(engine, path)
    for migration in load_migrations(ROOT / "sql" / "migrations"):
        apply_statements(made, migration)
    return made


# An empty ledger of each engine is made once: the migrations take longer than many an example.


@cache
def _sqlite_image() -> bytes:
    made = _migrated("sqlite")
    image: bytes = made.connection.serialize("main")  # type: ignore[attr-defined]
    made.close()
    return image


@cache
def _duckdb_image() -> tuple[TemporaryDirectory[str], Path, str]:
    """The folder of a file, the file, and SQL for its triggers, which COPY leaves out."""
    folder = TemporaryDirectory()
    path = Path(folder.name) / "empty.duckdb"
    made = _migrated("duckdb", path)
    guards = made.query("select sql from duckdb_triggers()").rows
    triggers = "\n".join(str(sql) for (sql,) in guards)
    made.close()
    return folder, path, triggers


def empty_ledger(engine: str = "duckdb") -> Engine:
    """A ledger without facts. Foreign keys are off: these tests state no accounts or batches."""
    made = in_memory(engine)
    if engine == "duckdb":
        _, path, triggers = _duckdb_image()
        made.execute(f"attach '{path}' as image (read_only)")
        made.execute("copy from database image to memory")
        made.execute("detach image")
        made.execute(triggers)
        return made
    connection: apsw.Connection = made.connection  # type: ignore[attr-defined]
    connection.deserialize("main", _sqlite_image())
    connection.execute("pragma foreign_keys = off")
    return made


@cache
def workspace(engine: str, variables: tuple[tuple[str, Any], ...] = ()) -> Workspace:
    opened = open_workspace(load_config(ROOT, dict(variables)), engine)
    assert opened.models
    return opened


def build(
    ledger: Engine,
    targets: Iterable[str] = (),
    variables: Mapping[str, Any] | None = None,
    methods: Mapping[str, str] | None = None,
) -> Engine:
    """Build `targets` and what they stand on (everything without any), contracts enforced.

    `methods` stands in the seed pnl_methods: how the lots of some accounts are matched.
    """
    opened = workspace(ledger.name, tuple((variables or {}).items()))
    wanted = {opened.models[name].unique_id for name in targets} or set(opened.dag.parents)
    wanted |= {parent for name in wanted for parent in opened.dag.ancestors(name)}
    models = {m.unique_id: m for m in opened.models.values()}
    seeds = {s.unique_id: s for s in opened.project.seeds.values()}
    for unique_id in opened.dag.order():
        if unique_id not in wanted:
            continue
        if unique_id in seeds:
            load_seed(ledger, seeds[unique_id])
            if seeds[unique_id].name == "pnl_methods" and methods:
                columns = ledger.relations()["pnl_methods"].columns
                ledger.insert_rows("pnl_methods", columns, [[*m, None] for m in methods.items()])
        elif unique_id in models and models[unique_id].materialized != "ephemeral":
            compiled = models[unique_id]
            _make(ledger, opened, compiled)
    return ledger


_COLUMNS: dict[tuple[str, str], Sequence[Column]] = {}  # of what an engine's SQL made before


def _make(ledger: Engine, opened: Workspace, compiled: Compiled) -> None:
    """Materialize it; as in a build, what the same SQL made before tells its columns."""
    step = Step(compiled.unique_id, compiled.name, Action.BUILD, "", None, "", compiled=compiled)
    known = _COLUMNS.get((ledger.name, compiled.sql))
    materialize(ledger, opened.compiler, step, known)
    if known is None and compiled.materialized not in ("view", "kernel"):
        made = ledger.describe(f'select * from "{compiled.name}"')
        _COLUMNS[ledger.name, compiled.sql] = made


def renderer(engine: str = "duckdb") -> Callable[[str], str]:
    """Renders a snippet that uses the project's macros."""
    return partial(workspace(engine).compiler.templates.render, path=Path("snippet.sql"))
