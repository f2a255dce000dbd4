from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.checks import report
from runner.cli.options import (
    SelectCommand,
    as_of_option,
    project_options,
    select_options,
    state_option,
    wait_option,
)

if TYPE_CHECKING:
    from runner.build.plan import Plan
    from runner.build.prepare import Choice
    from runner.build.report import BuildResult
    from runner.cli.watch import Quiet
    from runner.config import Config, Target
    from runner.engines.base import Engine
    from runner.workspace import Workspace


@click.command(cls=SelectCommand)
@project_options
@select_options
@click.option("--full-refresh", is_flag=True, help="Build everything anew, changed or not.")
@click.option("--dry-run", is_flag=True, help="Show the plan and write nothing.")
@click.option(
    "--prune", is_flag=True, help="Drop the tables and views of models and seeds that are gone."
)
@click.option("--migrate", is_flag=True, help="Apply pending migrations first.")
@state_option
@as_of_option
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(report.WRITERS)),
    help="Write the checks' results to stdout, for another program.",
)
@click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
@wait_option
def command(
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    full_refresh: bool,
    dry_run: bool,
    prune: bool,
    migrate: bool,
    state: Path | None,
    as_of: str | None,
    format_name: str | None,
    quiet: bool,
    wait_seconds: float,
) -> int:
    """Build the derived tables, check them, and publish all or nothing.

    A new database is migrated and given the demo facts first. What has not changed is skipped. With
    --as-of the ledger is built as it was known then, in a place of its own under target/as_of.
    """
    from runner.build import prepare
    from runner.cli import options
    from runner.cli.console import say
    from runner.cli.watch import watcher
    from runner.workspace import open_workspace

    config = options.load_as_of(project_dir, variables, target, as_of, wait_seconds)
    workspace = open_workspace(config, target, full_refresh=full_refresh)
    _ = workspace.rules  # a broken check is met before anything is written
    if not quiet:
        for note in workspace.notes:
            say(f"warning: {note}", colour="yellow")
    choice = prepare.Choice(select, exclude, full_refresh, state, prune)
    if dry_run:
        with prepare.for_reading(workspace, wait_seconds) as engine:
            plan = prepare.plan(engine, workspace, choice)
        _show_plan(plan)
        if not quiet:
            _say_removed(plan, config, workspace.target, as_of)
        return 0
    prepare.refuse_on_a_new_database(workspace, choice)
    eyes = watcher(quiet)
    with prepare.for_writing(workspace, wait_seconds, migrate=migrate, watcher=eyes) as engine:
        result = _build(engine, workspace, choice, eyes, config, as_of, quiet)
    if format_name is not None:
        click.echo(report.WRITERS[format_name](result.checks, config.root), nl=False)
    if not quiet:
        _say_removed(result.plan, config, workspace.target, as_of)
    if result.published and not quiet:
        if as_of is None:
            _say_next(result, config, workspace.target.name)
        else:
            say(f'next:\n  runner query --as-of "{as_of}" "select * from positions"')
    return 0 if result.published else 1


def _build(
    engine: Engine,
    workspace: Workspace,
    choice: Choice,
    eyes: Quiet,
    config: Config,
    as_of: str | None,
    quiet: bool,
) -> BuildResult:
    from contextlib import suppress

    from runner.build import artifacts, manifest, prepare
    from runner.build.run import begin, run_build
    from runner.cli.watch import summarise
    from runner.errors import EngineError

    plan = prepare.plan(engine, workspace, choice)
    folder = config.target_path
    workspace.compiler.templates.cache.save()
    if plan.has_work:
        artifacts.write_compiled(folder, workspace.project, prepare.to_build(plan))
    result = begin(plan)
    manifest.write_manifest(
        folder,
        workspace.project,
        workspace.models,
        workspace.rules,
        workspace.dag,
        engine.name,
        result.run_id,
    )
    try:
        run_build(engine, workspace.compiler, result, config, eyes)
    except BaseException:
        eyes.stop()
        # what stopped the build is what must be told
        with suppress(EngineError):
            artifacts.write_run_results(folder, workspace.project, result)
        raise
    eyes.stop()
    if not quiet or not result.published:
        label = f"{workspace.target.name} ({workspace.target.path.name})"
        option: str | None = config.option_for(workspace.target.name)
        if as_of is not None:
            # of a ledger as it was known that fails a check, no query is answered
            option = f'{option} --as-of "{as_of}"' if result.published else None
        summarise(result, label, option)
    artifacts.write_run_results(folder, workspace.project, result)
    report.write_results(folder, result.checks, config.root, result.run_id)
    return result


def _say_removed(plan: Plan, config: Config, target: Target, as_of: str | None) -> None:
    from runner.cli.console import say

    if plan.removed and not plan.is_pruned:
        names = ", ".join(node.relation for node in plan.removed)
        then = f' --as-of "{as_of}"' if as_of else ""
        command = f"runner build --prune{config.option_for(target.name)}{then}"
        say(
            f"warning: {target.path.name} still holds what no model or seed makes any more: "
            f"{names}; drop with `{command}`",
            colour="yellow",
        )


def _say_next(result: BuildResult, config: Config, target: str) -> None:
    from runner.cli.console import say

    if not config.is_ledger or not any(s.step.name == "positions" for s in result.steps):
        return
    there = config.option_for(target)
    commands = {
        f"runner show positions{there}": "what is held, and what it has made",
        f'runner query "select * from order_pnl"{there}': "any question, in SQL",
        f"runner ingest FILE --format FORMAT{there}": "facts of your own (runner ingest --help)",
    }
    width = max(map(len, commands))
    say("next:")
    for command, use in commands.items():
        say(f"  {command:<{width}}    {use}")


def _show_plan(plan: Plan) -> None:
    for node in plan.dropped:
        reason = "no model or seed makes it"
        click.echo(f"{'drop':<7} {node.materialized:<11} {node.relation:<32} {reason}")
    for step in plan.steps:
        click.echo(f"{step.action.value:<7} {step.materialized:<11} {step.name:<32} {step.reason}")
    due = sum(c.action.value != "skip" for c in plan.checks)
    click.echo(f"checks: {due} to run, {len(plan.checks) - due} unchanged")
