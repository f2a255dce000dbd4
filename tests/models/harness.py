"""Ledgers in memory on either engine, and the project's models built over them by the runner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import apsw

from runner.build.materialize import materialize
from runner.build.plan import Action, Step
from runner.build.seeds import load_seed
from runner.config import Target, load_config
from runner.engines.base import Engine
from runner.engines.base import open_engine as open_target
from runner.migrate.apply import apply_statements
from runner.migrate.files import load_migrations
from runner.workspace import Workspace, open_workspace

ROOT = Path(__file__).resolve().parents[2]


def in_memory(engine: str) -> Engine:
    settings = {"threads": "1"} if engine == "duckdb" else {}
    return open_target(Target("test", engine, Path(":memory:"), settings))


def _migrated(engine: str) -> Engine:
    made = in_memory(engine)
    for migration in load_migrations(ROOT / "sql" / "migrations"):
        apply_statements(made, migration)
    return made


@cache
def _sqlite_image() -> bytes:
    """An empty ledger, made once: rewriting the migrations takes longer than an example."""
    made = _migrated("sqlite")
    image: bytes = made.connection.serialize("main")  # type: ignore[attr-defined]
    made.close()
    return image


def empty_ledger(engine: str = "duckdb") -> Engine:
    """A ledger without facts. Foreign keys are off: these tests state no accounts or batches."""
    if engine == "duckdb":
        return _migrated(engine)
    made = in_memory(engine)
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
            step = Step(unique_id, compiled.name, Action.BUILD, "", None, "", compiled=compiled)
            materialize(ledger, opened.compiler, step)
    return ledger


def renderer(engine: str = "duckdb") -> Callable[[str], str]:
    """Renders a snippet that uses the project's macros."""
    return partial(workspace(engine).compiler.templates.render, path=Path("snippet.sql"))
