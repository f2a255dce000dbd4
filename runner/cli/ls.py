from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.options import (
    SelectCommand,
    project_options,
    select_options,
    state_option,
    wait_option,
)

if TYPE_CHECKING:
    from runner.build.state import NodeState
    from runner.checks.compiled_rule import CompiledRule
    from runner.graph.select import Selectable
    from runner.project.nodes import Project


@click.command(cls=SelectCommand)
@project_options
@select_options
@state_option
@click.option(
    "--output",
    "shape",
    type=click.Choice(["name", "path", "selector", "json"]),
    default="name",
    show_default=True,
    help="What to print of each.",
)
@click.option(
    "--resource-type",
    type=click.Choice(["model", "seed", "source", "test"]),
    multiple=True,
    help="Only these.",
)
@wait_option
def command(
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    state: Path | None,
    shape: str,
    resource_type: tuple[str, ...],
    wait_seconds: float,
) -> None:
    """List what a selection holds, in the order it would be built.

    Tests are listed where --resource-type asks for them. The database is read only where a state:
    selector is given without --state.
    """
    from runner.build import prepare
    from runner.cli import options
    from runner.workspace import open_workspace

    workspace = open_workspace(options.load(project_dir, variables), target)

    def published() -> Mapping[str, NodeState]:
        with prepare.for_reading(workspace, wait_seconds) as engine:
            return prepare.published_nodes(engine)

    state_of = prepare.state_of(workspace, state, published)
    chosen = workspace.selector(state_of).select(select, exclude)
    nodes = {n.unique_id: n for n in workspace.selectables()}
    for unique_id in workspace.dag.order():
        node = nodes.get(unique_id)
        if node is None or unique_id not in chosen:
            continue
        if resource_type and node.resource_type not in resource_type:
            continue
        _print(node, workspace.dag.parents[unique_id], workspace.config.root, shape)
    if "test" in resource_type:
        for rule in workspace.rules:
            if not (select or exclude) or chosen & set(rule.reads):
                _print(_as_node(rule, workspace.project), rule.reads, workspace.config.root, shape)


def _as_node(rule: CompiledRule, project: Project) -> Selectable:
    from runner.build.artifacts import test_id
    from runner.graph.select import Selectable

    own = rule.rule
    fqn = (project.name, own.suite, own.name)
    config = {"severity": own.severity.value}
    return Selectable(
        test_id(project, rule), own.name, "test", fqn, own.where.path, own.tags, config
    )


def _print(node: Selectable, parents: Iterable[str], root: Path, shape: str) -> None:
    from runner.build.artifacts import inside

    path = inside(node.path, root) if node.path else None
    if shape == "name":
        click.echo(node.name)
    elif shape == "path":
        click.echo(str(path or ""))
    elif shape == "selector":
        click.echo(".".join(node.fqn))
    else:
        described = {
            "unique_id": node.unique_id,
            "name": node.name,
            "resource_type": node.resource_type,
            "original_file_path": str(path) if path else None,
            "tags": list(node.tags),
            "config": dict(node.config),
            "depends_on": {"nodes": sorted(set(parents))},
        }
        click.echo(json.dumps(described, default=str))
