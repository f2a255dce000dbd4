"""A project's tables without its rows: enough to know every type, with no database at hand."""

from __future__ import annotations

from runner.build.seeds import load_seed
from runner.engines.base import Engine, open_memory
from runner.migrate.apply import apply_statements
from runner.migrate.files import load_migrations
from runner.workspace import Workspace


def with_parents_of(workspace: Workspace, name: str) -> Engine:
    """An engine in memory that holds all that the model `name` reads; close it after use.

    Facts are empty tables, seeds are loaded, and models are views, whatever they materialize as:
    a view has the same columns and types.
    """
    engine = open_memory(workspace.target.engine)
    try:
        if workspace.config.is_ledger:
            with engine.transaction():
                for migration in load_migrations(workspace.config.migration_path):
                    apply_statements(engine, migration)
        wanted = workspace.dag.ancestors(workspace.models[name].unique_id)
        models = {m.unique_id: m for m in workspace.models.values()}
        seeds = {s.unique_id: s for s in workspace.project.seeds.values()}
        for unique_id in workspace.dag.order():
            if unique_id not in wanted:
                continue
            if unique_id in seeds:
                load_seed(engine, seeds[unique_id])
            elif unique_id in models and models[unique_id].materialized != "ephemeral":
                engine.view_as(models[unique_id].name, models[unique_id].sql)
    except BaseException:
        engine.close()
        raise
    return engine
