from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.options import (
    SelectGroup,
    format_option,
    output_option,
    project_options,
    select_options,
    wait_option,
)

if TYPE_CHECKING:
    from runner.checks.compiled_rule import CompiledRule
    from runner.engines.base import Engine
    from runner.workspace import Workspace


@click.group(cls=SelectGroup, invoke_without_command=True)
@project_options
@select_options
@click.option(
    "--format",
    "format_name",
    default="table",
    show_default=True,
    type=click.Choice(["table", "json", "junit", "github"]),
    help="How to write the results: all of them, or those that did not pass (table, github).",
)
@click.option(
    "--engine",
    "checker",
    default="native",
    show_default=True,
    type=click.Choice(["native", "gx"]),
    help="What judges: our own SQL, or Great Expectations (the extra [gx]).",
)
@click.option("--fail-fast", is_flag=True, help="Stop at the first check that fails.")
@click.option("--warn-only", is_flag=True, help="Say what fails, and exit 0 all the same.")
@wait_option
@click.pass_context
def command(
    ctx: click.Context,
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    format_name: str,
    checker: str,
    fail_fast: bool,
    warn_only: bool,
    wait_seconds: float,
) -> int:
    """Run the checks on the published tables, without building.

    Exit 1 where one fails, 3 where one cannot be run.
    """
    if ctx.invoked_subcommand is not None:
        return 0
    import uuid
    from contextlib import closing

    from runner.build.exactness import exact_checks
    from runner.checks import report
    from runner.checks.results import Status
    from runner.checks.run import run_checks
    from runner.checks.selection import selected
    from runner.cli import options
    from runner.cli.console import say
    from runner.cli.watch import explain
    from runner.engines.base import open_engine
    from runner.errors import EngineError
    from runner.report.write import write
    from runner.workspace import open_workspace

    config = options.load(project_dir, variables)
    workspace = open_workspace(config, target)
    rules = selected(workspace, select, exclude)
    opened = open_engine(workspace.target, read_only=True, wait_seconds=wait_seconds)
    with closing(opened) as engine:
        rules = _built(engine, workspace, rules)
        with exact_checks(engine, rules, config.exactness):
            if checker == "gx":
                from runner.checks.gx.run import run_checks as run_in_gx

                folder = config.target_path / "gx"
                results = run_in_gx(
                    engine,
                    rules,
                    config.stored_failures,
                    fail_fast=fail_fast,
                    keeps_errors=True,
                    folder=folder,
                )
            else:
                results = run_checks(
                    engine, rules, config.stored_failures, fail_fast=fail_fast, keeps_errors=True
                )
    report.write_results(config.target_path, results, config.root, uuid.uuid4().hex)
    for result in results:
        if result.error is not None:
            say(str(result.error), colour="red")
        elif result.status is not Status.PASS and format_name == "table":
            explain(result, config.option_for(workspace.target.name), stored=False)
    if format_name != "table":
        click.echo(report.WRITERS[format_name](results, config.root), nl=False)
    elif any(r.status is not Status.PASS for r in results):
        write(report.as_table(results, config.root), "table")
    failed = sum(r.status is Status.FAIL for r in results)
    warned = sum(r.status is Status.WARN for r in results)
    broken = sum(r.status is Status.ERROR for r in results)
    left = len(rules) - len(results)
    say(
        f"checks: {len(results) - failed - warned - broken} passed, {warned} warned, "
        f"{failed} failed"
        + (f", {broken} could not run" if broken else "")
        + (f", {left} not run" if left else ""),
        colour="red" if failed or broken else "green",
    )
    if broken:
        return EngineError.exit_code
    return 1 if failed and not warn_only else 0


@command.command()
@click.argument("check_name", required=False)
@project_options
@format_option()
@output_option
@wait_option
def history(
    check_name: str | None,
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    format_name: str,
    output: Path | None,
    wait_seconds: float,
) -> None:
    """The trend of every check over the builds so far; of CHECK_NAME, each time it ran."""
    from contextlib import closing

    from runner.checks import history as kept
    from runner.cli import options
    from runner.engines.base import open_engine
    from runner.errors import SelectionError, nearest
    from runner.report.write import write

    config = options.load(project_dir, variables)
    opened = open_engine(config.target(target), read_only=True, wait_seconds=wait_seconds)
    with closing(opened) as engine:
        if not engine.has_relation(kept.TABLE):
            raise SelectionError(
                "R206", "no build has kept its checks' results yet", mend="runner build"
            )
        if check_name is None:
            write(engine.query(kept.TREND), format_name, output)
            return
        names = {n for (n,) in engine.query(f"select distinct check_name from {kept.TABLE}").rows}
        if check_name not in names:
            near = nearest(check_name, names)
            raise SelectionError(
                "R206",
                f"no build has run a check called '{check_name}'",
                mend=f"did you mean '{near}'?" if near else "see `runner check history`",
            )
        write(engine.query(kept.RUNS, (check_name,)), format_name, output)


def _built(engine: Engine, workspace: Workspace, rules: list[CompiledRule]) -> list[CompiledRule]:
    """Without the rules on models that are built only when somebody asks, and were not."""
    from runner.errors import SelectionError

    built = engine.relations()
    absent = {
        m.unique_id
        for m in workspace.models.values()
        if m.config.get("on_demand") and m.name not in built
    }
    rules = [r for r in rules if not absent & set(r.reads)]
    if not rules:
        raise SelectionError(
            "R206",
            "what the selection's checks judge is not built",
            why="it is built when it is selected or shown",
            mend="name it in `runner build --select`",
        )
    return rules
