"""What models and seeds that the project no longer has left in the database."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from runner.build import state
from runner.engines.base import Engine, Relation


def find(
    nodes: Iterable[state.NodeState], relations: Mapping[str, Relation], made: Container[str]
) -> tuple[state.NodeState, ...]:
    """The tables and views that stand as they were published, and that nothing makes any more.

    `made` are the unique ids, and the relations' names, of all that the project makes. What has
    been put in such a relation's place by hand is somebody's own, and left out.
    """
    found = []
    for node in nodes:
        standing = relations.get(node.relation)
        if node.materialized == state.FACT or node.unique_id in made or node.relation in made:
            continue
        if standing is not None and standing.definition == node.relation_definition:
            found.append(node)
    return tuple(sorted(found, key=lambda node: node.relation))


def drop(engine: Engine, removed: Iterable[state.NodeState]) -> None:
    for node in removed:
        engine.drop(node.relation)
