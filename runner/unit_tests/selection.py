"""Which unit tests a selection holds: those it names, and those of the models it names."""

from __future__ import annotations

from collections.abc import Sequence

from runner.errors import SelectionError
from runner.graph.dag import Dag
from runner.graph.select import Selectable, Selector
from runner.unit_tests.definition import UnitTest
from runner.workspace import Workspace


def selected(
    workspace: Workspace,
    tests: Sequence[UnitTest],
    select: Sequence[str],
    exclude: Sequence[str],
) -> list[UnitTest]:
    """SelectionError where that is none; tests of models that are disabled are none."""
    own = {t.unique_id(workspace.project.name): t for t in tests if t.model in workspace.models}
    models = {name: m.unique_id for name, m in workspace.models.items()}
    parents: dict[str, Sequence[str]] = {
        **{node: tuple(ids) for node, ids in workspace.dag.parents.items()},
        **{unique_id: (models[t.model],) for unique_id, t in own.items()},
    }
    nodes = [*workspace.selectables(), *(selectable(workspace, t) for t in own.values())]
    selector = Selector(nodes, Dag(parents), workspace.config.root)

    def holding(criteria: Sequence[str]) -> set[str]:
        chosen = selector.matching(criteria)
        return {id_ for id_, t in own.items() if id_ in chosen or models[t.model] in chosen}

    wanted = holding(select) if select else set(own)
    found = [own[id_] for id_ in own if id_ in wanted - (holding(exclude) if exclude else set())]
    if not found:
        if select:
            selector.select(select, exclude)  # says so of what names nothing at all
        raise SelectionError(
            "R206",
            "the selection holds no unit test" if own else "there are no unit tests",
            mend="write one under 'unit_tests:' in a YAML file beside the model",
        )
    return found


def selectable(workspace: Workspace, test: UnitTest) -> Selectable:
    """As selection and `runner ls` know it."""
    fqn = (*workspace.models[test.model].model.fqn, test.name)
    return Selectable(
        test.unique_id(workspace.project.name),
        test.name,
        "unit_test",
        fqn,
        test.where.path,
        test.tags,
        dict(test.config),
    )
