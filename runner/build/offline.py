"""A project's tables without its rows: enough to know every type, with no database at hand."""

from __future__ import annotations

from runner.build import kernel
from runner.build.seeds import load_seed
from runner.compile.compiled import Compiled
from runner.engines.base import Engine, open_memory
from runner.migrate.apply import apply_statements
from runner.migrate.files import load_migrations
from runner.workspace import Workspace


def with_parents_of(workspace: Workspace, *names: str) -> Engine:
    """An engine in memory that holds all that the models `names` read; close it after use.

    Facts are empty tables, seeds are loaded, and models are empty tables of the columns that their
    SQL has, whatever they materialize as: of views that read views each would be bound all over.
    """
    engine = open_memory(workspace.target.engine)
    try:
        if workspace.config.is_ledger:
            with engine.transaction():
                for migration in load_migrations(workspace.config.migration_path):
                    apply_statements(engine, migration)
        wanted = {a for n in names for a in workspace.dag.ancestors(workspace.models[n].unique_id)}
        models = {m.unique_id: m for m in workspace.models.values()}
        seeds = {s.unique_id: s for s in workspace.project.seeds.values()}
        for unique_id in workspace.dag.order():
            if unique_id not in wanted:
                continue
            if unique_id in seeds:
                load_seed(engine, seeds[unique_id])
            elif unique_id in models:
                _stand_in(engine, models[unique_id])
    except BaseException:
        engine.close()
        raise
    return engine


def _stand_in(engine: Engine, compiled: Compiled) -> None:
    if compiled.materialized == "kernel":
        engine.empty_table(compiled.name, kernel.output_columns(compiled))
    elif compiled.materialized != "ephemeral":
        engine.empty_table(compiled.name, engine.describe(compiled.sql))
