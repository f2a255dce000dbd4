from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.checks import report
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
    from runner.checks.results import CheckResult
    from runner.config import Config
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
    type=click.Choice(["table", *report.WRITERS]),
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
@click.option("--fail-fast", is_flag=True, help="Stop after the first table that a check fails on.")
@click.option("--warn-only", is_flag=True, help="Say what fails, and exit 0 all the same.")
@click.option(
    "--parquet",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="FOLDER",
    help="Check an export instead of the database: NAME.parquet is the table NAME.",
)
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
    parquet: Path | None,
    wait_seconds: float,
) -> int:
    """Run the checks on the published tables, without building.

    Exit 1 where one fails, 3 where one cannot be run.
    """
    if ctx.invoked_subcommand is not None:
        return 0
    import uuid
    from contextlib import closing
    from functools import partial

    from runner.build.exactness import exact_checks
    from runner.checks.results import Status
    from runner.checks.run import run_checks
    from runner.checks.selection import selected
    from runner.cli import options
    from runner.cli.console import say
    from runner.cli.watch import explain, rows_asked_for
    from runner.report.write import write
    from runner.workspace import open_workspace

    config = options.load(project_dir, variables)
    if parquet is not None:
        config = _over_parquet(config, target)
    workspace = open_workspace(config, target)
    rules = selected(workspace, select, exclude)
    with closing(_opened(workspace, parquet, wait_seconds)) as engine:
        rules, absent = _standing(engine, workspace, rules, parquet)
        with exact_checks(engine, rules, config.exactness):
            judge = partial(run_checks, engine, rules, config.stored_failures)
            if checker == "gx":
                from runner.checks.gx.run import run_checks as run_in_gx

                gx = _writable(config.target_path / "gx")
                judge = partial(run_in_gx, engine, rules, config.stored_failures, folder=gx)
            results = judge(fail_fast=fail_fast, keeps_errors=True)
    folder = _writable(config.target_path)
    written = folder and report.write_results(folder, results, config.root, uuid.uuid4().hex)
    option = None if parquet else config.option_for(workspace.target.name)
    for result in results:
        if result.error is not None:
            say(str(result.error), colour="red")
        elif result.status is not Status.PASS and format_name == "table":
            explain(result, rows_asked_for(result, option, written))
    if format_name != "table":
        click.echo(report.WRITERS[format_name](results, config.root), nl=False)
    elif any(r.status is not Status.PASS for r in results):
        write(report.as_table(results, config.root), "table")
    return _exit_status(results, len(rules) - len(results) + absent, warn_only)


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
    """The trend of every check over the builds so far; of CHECK_NAME, each time it ran.

    Checks that the project no longer has are told by their name alone.
    """
    from contextlib import closing
    from dataclasses import replace

    from runner.checks import history as kept
    from runner.cli import options
    from runner.cli.console import say
    from runner.engines.base import open_engine
    from runner.errors import SelectionError, nearest
    from runner.report.write import write
    from runner.workspace import open_workspace

    config = options.load(project_dir, variables)
    standing: set[str] = set()
    if check_name is None:
        standing = {r.rule.name for r in open_workspace(config, target).rules}
    opened = open_engine(config.target(target), read_only=True, wait_seconds=wait_seconds)
    with closing(opened) as engine:
        if not engine.has_relation(kept.TABLE):
            raise SelectionError(
                "R206", "no build has kept its checks' results yet", mend="runner build"
            )
        if check_name is None:
            trend = engine.query(kept.TREND)
            rows = list(trend.rows)
            told = [row for row in rows if row[0] in standing]
            write(replace(trend, rows=iter(told)), format_name, output)
            if gone := len(rows) - len(told):
                checks = "check" if gone == 1 else "checks"
                say(f"left out: {gone:,} {checks} that the project no longer has")
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


def _over_parquet(config: Config, target: str | None) -> Config:
    """The project, for a folder of Parquet files: what reads them is DuckDB."""
    from dataclasses import replace

    from runner.config import Target
    from runner.errors import UsageError

    if target is not None:
        raise UsageError(
            "R200", "--parquet and --target name two places", mend="leave one of them out"
        )
    memory = Target("parquet", "duckdb", Path(":memory:"))
    return replace(config, targets={memory.name: memory}, default_target=memory.name)


def _opened(workspace: Workspace, parquet: Path | None, wait_seconds: float) -> Engine:
    from runner.checks import history
    from runner.engines.base import open_engine
    from runner.engines.parquet import open_folder

    if parquet is None:
        return open_engine(workspace.target, read_only=True, wait_seconds=wait_seconds)
    engine = open_folder(parquet)
    history.ensure_table(engine)  # there is no build before: what asks for one passes
    return engine


def _standing(
    engine: Engine, workspace: Workspace, rules: list[CompiledRule], parquet: Path | None
) -> tuple[list[CompiledRule], int]:
    """The rules whose tables are there, and how many others were left out of an export's.

    In a database only what is built when somebody asks may be absent: SelectionError.
    """
    from runner.errors import SelectionError

    standing = engine.relations()

    def absent(unique_id: str) -> set[str]:
        name = unique_id.rpartition(".")[2]
        model = workspace.models.get(name)
        if name in standing:
            return set()
        if model is not None and model.materialized == "ephemeral":
            return {missing for parent in model.depends_on for missing in absent(parent)}
        return {name}

    missing = {r.rule.name: {m for id_ in r.reads for m in absent(id_)} for r in rules}
    found = [r for r in rules if not missing[r.rule.name]]
    if parquet is not None:
        if not found:
            raise SelectionError(
                "R206",
                f"{parquet} has the tables of none of the checks",
                mend="export what they read, each as NAME.parquet",
            )
        return found, len(rules) - len(found)
    asked_for = {m.name for m in workspace.models.values() if m.config.get("on_demand")}
    unbuilt = sorted(set().union(*missing.values()) - asked_for)
    if unbuilt or not found:
        raise SelectionError(
            "R206",
            "what the selection's checks judge is not built",
            why=f"there is no {', '.join(unbuilt[:5])}{' …' if len(unbuilt) > 5 else ''}"
            if unbuilt
            else "it is built when it is selected or shown",
            mend="run `runner build`" if unbuilt else "name it in `runner build --select`",
        )
    return found, 0


def _writable(folder: Path) -> Path | None:
    """The folder, made where it is missing; None, with a warning, where nothing can be written."""
    import tempfile

    from runner.cli.console import say

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        why = error.strerror or str(error)
        say(f"warning: nothing is written to {folder}: {why}", colour="yellow")
        return None


def _exit_status(results: Sequence[CheckResult], left: int, warn_only: bool) -> int:
    """Say what the checks came to."""
    from runner.checks.results import Status
    from runner.cli.console import say
    from runner.errors import ChecksFailed, EngineError

    counts = {status: sum(r.status is status for r in results) for status in Status}
    failed, broken = counts[Status.FAIL], counts[Status.ERROR]
    say(
        f"checks: {counts[Status.PASS]} passed, {counts[Status.WARN]} warned, {failed} failed"
        + (f", {broken} could not run" if broken else "")
        + (f", {left} not run" if left else ""),
        colour="red" if failed or broken else "green",
    )
    if broken:
        return EngineError.exit_code
    return ChecksFailed.exit_code if failed and not warn_only else 0
