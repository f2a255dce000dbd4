from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.options import project_options, wait_option
from runner.cli.statement_options import extent_of, statement_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.ingest.load import LoadReport
    from runner.ingest.recognition import Recognised


class IngestCommand(click.Command):
    """Lists the formats below its options; they are read only when its help is asked for."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from runner.ingest.formats import formats

        with formatter.section("Formats"):
            formatter.write_dl([(name, f.description) for name, f in sorted(formats().items())])


def _describe(ctx: click.Context, _: click.Parameter, name: str | None) -> None:
    if name is None or ctx.resilient_parsing:
        return
    from runner.config import load_config
    from runner.errors import RunnerError
    from runner.ingest.describe import described
    from runner.ingest.formats import find_format

    try:
        folder = load_config(Path()).ingest_path
    except RunnerError:  # outside a project: the formats the runner comes with
        folder = None
    click.echo("\n".join(described(find_format(folder, name))))
    ctx.exit()


@click.command(cls=IngestCommand)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "format_name",
    required=True,
    metavar="FORMAT",
    help="What the files are; auto: recognise them, and say by what.",
)
@click.option(
    "--describe",
    metavar="FORMAT",
    is_eager=True,
    expose_value=False,
    callback=_describe,
    help="Print a format's columns, and load nothing.",
)
@click.option("--account", help="The account, where the file does not say.")
@click.option("--venue", help="The venue, where the file does not say.")
@click.option(
    "--as",
    "kind",
    type=click.Choice(["facts", "statement"]),
    default="facts",
    show_default=True,
    help="Whose word the rows are: facts of the ledger, or what the venue states.",
)
@statement_options
@click.option("--strict", is_flag=True, help="Append nothing if any row has to be set aside.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
@project_options
@wait_option
def command(
    files: tuple[Path, ...],
    format_name: str,
    account: str | None,
    venue: str | None,
    kind: str,
    start: str | None,
    end: str | None,
    scope: str | None,
    strict: bool,
    quiet: bool,
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    wait_seconds: float,
) -> None:
    """Append the facts in FILES, all in one batch or none; with --format auto, a batch a format.

    A folder stands for the files in it, a quoted glob for those it matches, - for stdin; gz and zst
    are unpacked.

    Loading the same facts again appends nothing. Rows that cannot be taken are kept in the table
    quarantine, as they were, with the reason.
    """
    from contextlib import ExitStack, closing

    from runner.cli import options, progress
    from runner.cli.console import say
    from runner.engines.base import open_engine
    from runner.ingest import inputs
    from runner.ingest.load import ingest
    from runner.ingest.recognition import AUTO, recognised
    from runner.migrate.apply import migrate_new

    config = options.load(project_dir, variables)
    extent = extent_of(kind, start, end, scope)
    opened = open_engine(config.target(target), wait_seconds=wait_seconds)
    watch = progress.watcher(quiet)
    with ExitStack() as stack:
        engine = stack.enter_context(closing(opened))
        stack.callback(watch.stop)
        migrate_new(engine, config.migration_path)
        loads: dict[str, Sequence[Path]] = {format_name: files}
        if format_name == AUTO:
            kept = stack.enter_context(inputs.stdin_kept(files, config, watch))
            found = recognised(engine, kept, config, stated=extent is not None)
            loads = {one.format: one.files for one in found}
            watch.stop()
            _say_recognised(found)
        has_news = False
        for name, group in loads.items():
            report = ingest(
                engine,
                config,
                group,
                name,
                account=account,
                venue=venue,
                strict=strict,
                extent=extent,
                progress=watch,
            )
            watch.stop()
            if not quiet or report.quarantined:
                has_news |= _say(report, config.option_for(opened.target.name))
        if has_news:
            say(f"next: runner build{config.option_for(opened.target.name)}")


def _say_recognised(found: list[Recognised]) -> None:
    from runner.cli.console import say
    from runner.errors import Location

    said = [
        (p, f"is {one.format}: {r}")
        for one in found
        for p, r in zip(one.files, one.reasons, strict=True)
    ]
    names = Counter(path.name for path, _ in said)
    for path, words in said:
        # venues call their exports alike
        say(f"{path.name if names[path.name] == 1 else Location(path)} {words}")


def _say(report: LoadReport, option: str) -> bool:
    """Tell what a load did; whether it appended anything."""
    from runner.cli.console import say

    appended = ", ".join(f"{count:,} {table}" for table, count in report.appended.items() if count)
    say(f"{report.source}: {report.read:,} rows read")
    say(f"  appended: {appended or 'nothing new'}", colour="green" if appended else None)
    if report.duplicates:
        say(f"  already known: {report.duplicates:,}")
    for warning in report.warnings:
        say(f"  warning: {warning}", colour="yellow")
    for first in report.refused:
        say(f"  refused: {first}", colour="yellow")
    if report.quarantined:
        say(
            f"  all of them: runner quarantine list{option}; later: runner quarantine retry{option}"
        )
    return bool(appended)
