from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.options import output_option, project_options, wait_option
from runner.cli.statement_options import extent_of, statement_options

if TYPE_CHECKING:
    from runner.reconciliation.report import Report

_REPORTS = ("table", "json", "markdown")


class ReconcileGroup(click.Group):
    """`runner reconcile FOLDER` is `runner reconcile run FOLDER`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, "-h", "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=ReconcileGroup)
def command() -> None:
    """Compare the ledger with what venues state, and settle where they differ.

    `runner reconcile FOLDER` is short for `runner reconcile run FOLDER`.
    """


@command.command("run")
@click.argument(
    "folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False)
)
@click.option(
    "--format",
    "format_names",
    multiple=True,
    metavar="FORMAT",
    help="What all files are, as for `runner ingest` [default: what a file, or its folder, is "
    "called, or its content]; auto: its content; or how to write the report: table, json or "
    "markdown. May be given for both.",
)
@click.option("--account", help="The account, where a file does not say.")
@click.option("--venue", help="The venue, where a file does not say.")
@statement_options
@project_options
@output_option
@wait_option
def run(
    folder: Path | None,
    format_names: tuple[str, ...],
    account: str | None,
    venue: str | None,
    start: str | None,
    end: str | None,
    scope: str | None,
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    output: Path | None,
    wait_seconds: float,
) -> int:
    """Load the statements in FOLDER, build, and report the breaks.

    Exit 1 where a break of severity error is open: not resolved, or come back since. Without FOLDER
    what was loaded before is compared. A statement that was loaded before adds nothing.
    """
    from contextlib import ExitStack, closing

    from runner.cli import options, progress
    from runner.cli.console import say
    from runner.cli.up_to_date import build_quietly
    from runner.engines.base import open_engine
    from runner.reconciliation.report import read_report

    config = options.load(project_dir, variables)
    format_name, statement_format = _formats(format_names)
    extent = extent_of("statement", start, end, scope)
    assert extent is not None
    if folder is not None:
        from runner.migrate.apply import migrate_new
        from runner.reconciliation.folder import find_statements, load_statements

        opened = open_engine(config.target(target), wait_seconds=wait_seconds)
        watch = progress.watcher()
        with closing(opened) as engine, ExitStack() as stack:
            stack.callback(watch.stop)
            migrate_new(engine, config.migration_path)
            found, silent = find_statements(engine, folder, config, statement_format)
            for path, form in silent:
                say(f"{path.name}: {form} holds nothing that a statement tells: passed over")
            for report in load_statements(
                engine, config, found, extent, account=account, venue=venue, progress=watch
            ):
                watch.stop()
                stated = sum(n for t, n in report.appended.items() if t.startswith("statement_"))
                say(f"{report.source}: {report.format}: {stated:,} stated")
                for warning in report.warnings:
                    say(f"  warning: {warning}", colour="yellow")
    if not build_quietly(config, target, wait_seconds, in_copy=False):
        return 1
    opened = open_engine(config.target(target), read_only=True, wait_seconds=wait_seconds)
    with closing(opened) as engine:
        told = read_report(engine)
    _write(told, format_name, output)
    count = len(told.breaks.rows)
    say(
        f"{count:,} break{'' if count == 1 else 's'}, {told.grave:,} of them grave and open",
        colour="red" if told.grave else "green",
    )
    return 1 if told.grave else 0


@command.command()
@click.argument("break_id", metavar="BREAK")
@click.option("--acknowledge", is_flag=True, help="It is known, and stays.")
@click.option("--adopt", is_flag=True, help="The venue is right: take over what it states.")
@click.option("--dismiss", is_flag=True, help="The venue is wrong.")
@click.option("--reason", required=True, metavar="TEXT", help="Why, in words.")
@click.option("--actor", metavar="NAME", help="Who decides.  [default: the user]")
@project_options
@wait_option
def resolve(
    break_id: str,
    acknowledge: bool,
    adopt: bool,
    dismiss: bool,
    reason: str,
    actor: str | None,
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    wait_seconds: float,
) -> None:
    """Append what was decided about BREAK, as exchange_reconciliation names it.

    --adopt also records what the venue states: its fill, a correction of the ledger's, or the lot
    that a position implies. Decided again, it adds nothing.
    """
    import getpass
    from contextlib import closing

    from runner.cli import options
    from runner.cli.console import say
    from runner.engines.base import open_engine, require_database
    from runner.errors import UsageError
    from runner.reconciliation.resolution import Decision
    from runner.reconciliation.resolution import resolve as append

    given = {"acknowledge": acknowledge, "adopt": adopt, "dismiss": dismiss}
    said = [name for name, is_said in given.items() if is_said]
    if len(said) != 1:
        raise UsageError(
            "R200",
            f"--{' and --'.join(said)} are said at once" if said else "what is decided is not said",
            mend="say one of them" if said else "add --acknowledge, --adopt or --dismiss",
        )
    if not reason.strip():
        raise UsageError("R200", "the reason is empty", mend="say why in words")
    config = options.load(project_dir, variables)
    require_database(config.target(target))
    opened = open_engine(config.target(target), wait_seconds=wait_seconds)
    with closing(opened) as engine:
        decision = Decision(said[0].upper(), reason, actor or getpass.getuser())
        done = append(engine, config, break_id, decision)
    if done.batch_id is None:
        say(f"{break_id}: resolved so already")
        return
    listed = ", ".join(f"{count:,} {table}" for table, count in done.appended.items())
    say(f"{break_id}: {done.action.lower()}; appended: {listed}", colour="green")
    say(f"next: runner reconcile{config.option_for(opened.target.name)}")


def _write(report: Report, format_name: str, output: Path | None) -> None:
    from runner.engines.base import Result
    from runner.report.write import unique_names, write_document, write_sections

    sections = {
        "breaks": report.breaks,
        "summary": report.summary,
        "opening_adjustments": report.adjustments,
    }
    if format_name == "json":
        write_document(
            {
                name: [
                    dict(zip(unique_names(c.name for c in table.columns), row, strict=True))
                    for row in table.rows
                ]
                for name, table in sections.items()
            },
            output,
        )
        return
    answers = [
        (name, Result(table.columns, iter(table.rows)))
        for name, table in sections.items()
        if table.rows or name != "opening_adjustments"
    ]
    write_sections(answers, format_name, output)


def _formats(named: tuple[str, ...]) -> tuple[str, str | None]:
    """How to write the report, and what the files are."""
    from runner.errors import UsageError

    report = [name for name in named if name in _REPORTS]
    files = [name for name in named if name not in _REPORTS]
    if len(report) > 1 or len(files) > 1:
        raise UsageError(
            "R200",
            f"--format is given as {' and '.join(named)}",
            mend="give one of the report, and one of the files",
        )
    return report[0] if report else "table", files[0] if files else None
