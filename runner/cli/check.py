from __future__ import annotations

from pathlib import Path

import click

from runner.cli.options import SelectCommand, project_options, select_options, wait_option


@click.command(cls=SelectCommand)
@project_options
@select_options
@wait_option
def command(
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    wait_seconds: float,
) -> int:
    """Run the checks on the published tables, without building; exit 1 where one fails."""
    from contextlib import closing

    from runner.checks.results import Status
    from runner.checks.run import run_checks
    from runner.cli import options
    from runner.cli.console import say
    from runner.cli.watch import explain
    from runner.engines.base import open_engine
    from runner.errors import SelectionError
    from runner.workspace import open_workspace

    config = options.load(project_dir, variables)
    workspace = open_workspace(config, target)
    chosen = workspace.selector().select(select, exclude)
    rules = [r for r in workspace.rules if not (select or exclude) or chosen & set(r.reads)]
    if not rules:
        raise SelectionError("R206", "the selection holds no check", mend="see `runner ls`")
    opened = open_engine(workspace.target, read_only=True, wait_seconds=wait_seconds)
    with closing(opened) as engine:
        built = engine.relations()
        absent = {
            m.unique_id
            for m in workspace.models.values()
            if m.config.get("on_demand") and m.name not in built
        }
        # what nobody has asked for has no table to judge
        rules = [r for r in rules if not absent & set(r.reads)]
        if not rules:
            raise SelectionError(
                "R206",
                "what the selection's checks judge is not built",
                why="it is built when it is selected or shown",
                mend="name it in `runner build --select`",
            )
        results = run_checks(engine, rules, config.stored_failures)
    for result in results:
        if result.status is not Status.PASS:
            explain(result, stored=False)
    failed = sum(r.status is Status.FAIL for r in results)
    warned = sum(r.status is Status.WARN for r in results)
    say(
        f"checks: {len(results) - failed - warned} passed, {warned} warned, {failed} failed",
        colour="red" if failed else "green",
    )
    return 1 if failed else 0
