from __future__ import annotations

import json
from pathlib import Path

import click

from runner.cli.options import SelectCommand, project_options, select_options, state_option


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
def command(
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    state: Path | None,
    shape: str,
    resource_type: tuple[str, ...],
) -> None:
    """List what a selection holds, in the order it would be built."""
    from runner.build import prepare
    from runner.cli import options
    from runner.workspace import open_workspace

    workspace = open_workspace(options.load(project_dir, variables), target)
    if resource_type == ("test",):
        for rule in workspace.rules:
            click.echo(rule.rule.name)
        return
    with prepare.for_reading(workspace, 0) as engine:
        state_of = prepare.state_of(engine, workspace, state)
        chosen = workspace.selector(state_of).select(select, exclude)
    nodes = {n.unique_id: n for n in workspace.selectables()}
    for unique_id in workspace.dag.order():
        node = nodes.get(unique_id)
        if node is None or unique_id not in chosen:
            continue
        if resource_type and node.resource_type not in resource_type:
            continue
        inside = node.path.relative_to(workspace.config.root) if node.path else None
        if shape == "name":
            click.echo(node.name)
        elif shape == "path":
            click.echo(str(inside or ""))
        elif shape == "selector":
            click.echo(".".join(node.fqn))
        else:
            click.echo(
                json.dumps(
                    {
                        "unique_id": unique_id,
                        "name": node.name,
                        "resource_type": node.resource_type,
                        "original_file_path": str(inside) if inside else None,
                        "tags": list(node.tags),
                        "config": dict(node.config),
                        "depends_on": {"nodes": sorted(workspace.dag.parents[unique_id])},
                    },
                    default=str,
                )
            )
