from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from runner.cli.options import format_option, output_option, project_options, wait_option

if TYPE_CHECKING:
    from runner.engines.base import Engine
    from runner.ingest.kept_rows import Selection
    from runner.ingest.retry import RetryReport

_F = TypeVar("_F", bound=Callable[..., Any])
_SAID = 20  # how many rows that were refused again are told one by one


@click.group()
def command() -> None:
    """Rows that ingest refused: list them, show one, load them after all."""


def _filters(function: _F) -> _F:
    for option in (
        click.option("--since", metavar="MOMENT", help="Refused then or later (UTC)."),
        click.option("--batch", "batch_id", type=int, metavar="N", help="Of this batch."),
        click.option(
            "--ingested-as", "formats", multiple=True, metavar="FORMAT", help="Read as this format."
        ),
        click.option("--reason", "reasons", multiple=True, metavar="CODE", help="For this reason."),
        click.option("--file", "files", multiple=True, metavar="FILE", help="Of this file."),
    ):
        function = option(function)
    return function


@command.command("list")
@_filters
@click.option("--all", "resolved_too", is_flag=True, help="Those that were taken since, too.")
@project_options
@format_option()
@output_option
@wait_option
def list_rows(
    files: tuple[str, ...],
    reasons: tuple[str, ...],
    formats: tuple[str, ...],
    batch_id: int | None,
    since: str | None,
    resolved_too: bool,
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    format_name: str,
    output: Path | None,
    wait_seconds: float,
) -> None:
    """The rows in quarantine, oldest first, each with its file, line, reason and batch.

    A condition given several times is met by any of its values; a row must meet every condition.
    """
    from contextlib import closing
    from dataclasses import replace

    from runner.ingest.kept_rows import listed
    from runner.report.write import write

    wanted = _selection(files, reasons, formats, batch_id, since)
    with closing(_open(project_dir, variables, target, wait_seconds)) as engine:
        write(listed(engine, replace(wanted, resolved_too=resolved_too)), format_name, output)


@command.command()
@click.argument("row")
@project_options
@click.option("--raw", is_flag=True, help="Print the row as it was read, and nothing else.")
@format_option()
@output_option
@wait_option
def show(
    row: str,
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    raw: bool,
    format_name: str,
    output: Path | None,
    wait_seconds: float,
) -> None:
    """One ROW of quarantine, verbatim, and why it was refused.

    ROW is its id, or four digits or more that it begins with.
    """
    from contextlib import closing

    from runner.engines.base import Column, Result
    from runner.ingest.kept_rows import find, one
    from runner.report.write import text, write
    from runner.sqltyping.types import TEXT

    with closing(_open(project_dir, variables, target, wait_seconds)) as engine:
        answer = one(engine, find(engine, row))
        (values,) = answer.rows
        said = dict(zip([c.name for c in answer.columns], values, strict=True))
        if raw:
            click.echo(said["raw"])
        elif format_name in ("table", "markdown"):
            lines = ((name, text(value)) for name, value in said.items() if value is not None)
            columns = (Column("what", TEXT), Column("value", TEXT))
            write(Result(columns, lines), format_name, output)
        else:
            write(Result(answer.columns, iter([values])), format_name, output)


@command.command()
@click.argument("rows", nargs=-1)
@_filters
@click.option("--account", help="The account, before the one the rows were loaded with.")
@click.option("--venue", help="The venue, before the one the rows were loaded with.")
@project_options
@wait_option
def retry(
    rows: tuple[str, ...],
    files: tuple[str, ...],
    reasons: tuple[str, ...],
    formats: tuple[str, ...],
    batch_id: int | None,
    since: str | None,
    account: str | None,
    venue: str | None,
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    wait_seconds: float,
) -> None:
    """Map ROWS again, by today's mappings and instruments; without any, all that are open.

    What maps is appended, a batch for each file, and its rows are closed; what does not stays as it
    is. A row whose facts the ledger has by now is closed, too.
    """
    from contextlib import closing
    from dataclasses import replace

    from runner.cli import options
    from runner.engines.base import open_engine, require_database
    from runner.ingest.kept_rows import find
    from runner.ingest.retry import retry as retry_rows
    from runner.migrate.apply import migrate_new

    config = options.load(project_dir, variables)
    require_database(config.target(target))
    wanted = _selection(files, reasons, formats, batch_id, since)
    opened = open_engine(config.target(target), wait_seconds=wait_seconds)
    with closing(opened) as engine:
        migrate_new(engine, config.migration_path)
        wanted = replace(wanted, ids=tuple(find(engine, row) for row in rows))
        report = retry_rows(engine, config, wanted, account=account, venue=venue)
    _say(report, config.option_for(opened.target.name))


def _say(report: RetryReport, option: str) -> None:
    from runner.cli.console import say

    appended = ", ".join(f"{count:,} {table}" for table, count in report.appended.items() if count)
    say(f"{report.tried:,} rows of quarantine tried")
    say(f"  appended: {appended or 'nothing new'}", colour="green" if appended else None)
    if report.loaded or report.known:
        say(f"  closed: {report.loaded:,} loaded, {report.known:,} already known")
    for source, line, reason in report.refused[:_SAID]:
        say(f"  refused: {source}:{line}: {reason}", colour="yellow")
    if len(report.refused) > _SAID:
        say(f"  and {len(report.refused) - _SAID:,} more")
    if appended:
        say(f"next: runner build{option}")


def _selection(
    files: tuple[str, ...],
    reasons: tuple[str, ...],
    formats: tuple[str, ...],
    batch_id: int | None,
    since: str | None,
) -> Selection:
    from runner.ingest.kept_rows import Selection
    from runner.moments import moment_of

    moment = moment_of(since) if since is not None else None
    return Selection((), files, reasons, formats, batch_id, moment)


def _open(
    project_dir: Path, variables: tuple[str, ...], target: str | None, wait_seconds: float
) -> Engine:
    from runner.cli import options
    from runner.engines.base import open_engine, require_database

    config = options.load(project_dir, variables)
    require_database(config.target(target))
    return open_engine(config.target(target), read_only=True, wait_seconds=wait_seconds)
