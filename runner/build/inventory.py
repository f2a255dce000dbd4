"""Which tables and views of a database the project and the runner account for."""

from __future__ import annotations

from dataclasses import dataclass

from runner.build import state
from runner.checks import failures, history
from runner.config import Config
from runner.engines.base import Engine
from runner.ingest import demo
from runner.project.load import relation_names


@dataclass(frozen=True)
class Inventory:
    """Names of relations. `left_over`: published once, by a model or seed that is gone since."""

    accounted_for: frozenset[str]
    left_over: frozenset[str]


def take(engine: Engine, config: Config) -> Inventory:
    """By the names of the project's files, and by the record of the last publish."""
    catalogue = state.read_catalogue(engine)
    nodes = state.read_nodes(engine, catalogue).values()
    published = {n.relation for n in nodes if n.materialized != state.FACT}
    published &= catalogue.relations.keys()
    project = relation_names(config)
    records = {state.NODES, state.CHECKS, failures.TABLE, history.TABLE, demo.TABLE}
    return Inventory(project | published | records, frozenset(published - project))
