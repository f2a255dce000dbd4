from __future__ import annotations

from pathlib import Path

import click

from runner.cli.options import project_options


@click.command()
@click.argument("name")
@project_options
def command(name: str, project_dir: Path, target: str | None, variables: tuple[str, ...]) -> None:
    """Print a model's SQL as the target's engine runs it. Needs no database."""
    from contextlib import closing

    from runner.build import offline
    from runner.cli import options
    from runner.errors import UsageError, nearest
    from runner.workspace import open_workspace

    workspace = open_workspace(options.load(project_dir, variables), target)
    if name not in workspace.models:
        near = nearest(name, set(workspace.models))
        raise UsageError(
            "R209",
            f"there is no model '{name}'",
            mend=f"did you mean '{near}'?" if near else "see `runner ls`",
        )
    sql = workspace.models[name].sql
    if workspace.target.engine != "duckdb":
        # how it is translated depends on the types of what it reads
        with closing(offline.with_parents_of(workspace, name)) as engine:
            sql = engine.native(sql)
    click.echo(sql)
