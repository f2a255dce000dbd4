"""Which checks a selection holds: those it names, and those on what it names."""

from __future__ import annotations

from collections.abc import Sequence

from runner.checks.compiled_rule import CompiledRule
from runner.errors import SelectionError
from runner.graph.dag import Dag
from runner.graph.select import Selectable, Selector
from runner.workspace import Workspace


def selected(
    workspace: Workspace, select: Sequence[str], exclude: Sequence[str]
) -> list[CompiledRule]:
    """SelectionError where that is none. A check of two tables is held by either."""
    rules = {f"test.{r.rule.name}": r for r in workspace.rules}
    checks = [_selectable(workspace, id_, rule) for id_, rule in rules.items()]
    parents = {**workspace.dag.parents, **{id_: rule.reads for id_, rule in rules.items()}}
    nodes = [*workspace.selectables(), *checks]
    selector = Selector(nodes, Dag(parents), workspace.config.root)

    def holding(criteria: Sequence[str]) -> set[str]:
        """Of several terms with commas between, the checks that each of them holds."""
        found: set[str] = set()
        for word in " ".join(criteria).split():
            held = [selector.matching([term]) for term in word.split(",") if term]
            found |= {
                id_
                for id_, rule in rules.items()
                if held and all(id_ in nodes or nodes & {*rule.reads} for nodes in held)
            }
        return found

    wanted = holding(select) if select else set(rules)
    left = wanted - (holding(exclude) if exclude else set())
    found = [rule for id_, rule in rules.items() if id_ in left]
    if not found:
        if select:
            selector.select(select, exclude)  # says so of what names nothing at all
        raise SelectionError("R206", "the selection holds no check", mend="see `runner ls`")
    return found


def _selectable(workspace: Workspace, unique_id: str, rule: CompiledRule) -> Selectable:
    own = rule.rule
    fqn = (workspace.project.name, own.suite, own.name)
    config = {"severity": own.severity.value, "owner": own.owner}
    return Selectable(unique_id, own.name, "test", fqn, own.where.path, own.tags, config)
