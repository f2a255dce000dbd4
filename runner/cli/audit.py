from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.options import (
    as_of_option,
    format_option,
    output_option,
    project_options,
    wait_option,
)

if TYPE_CHECKING:
    from runner.audit.queries import AuditQuery
    from runner.engines.base import Engine


@click.group()
def command() -> None:
    """Answer the named questions of an auditor, and pack evidence.

    The questions are the files of sql/audit: plain SQL, which any client of the database runs too.
    """


@command.command("list")
@project_options
@format_option()
@output_option
def list_(
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    format_name: str,
    output: Path | None,
) -> None:
    """List the audit queries: what each answers, and its parameters with their defaults."""
    from runner.audit.queries import load_queries
    from runner.cli import options
    from runner.engines.base import Column, Result
    from runner.report.write import write
    from runner.sqltyping.types import TEXT

    config = options.load(project_dir, variables)
    rows = (
        (q.name, q.title, ", ".join(f"{p.name}={p.default}" for p in q.parameters))
        for q in load_queries(config.audit_path).values()
    )
    columns = tuple(Column(name, TEXT) for name in ("name", "answers", "parameters"))
    write(Result(columns, rows), format_name, output)


@command.command()
@click.argument("name")
@click.option(
    "--param",
    "params",
    metavar="NAME=VALUE",
    multiple=True,
    help="Set a parameter of the query; may be repeated.",
)
@project_options
@format_option()
@output_option
@as_of_option
@wait_option
def run(
    name: str,
    params: tuple[str, ...],
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    format_name: str,
    output: Path | None,
    as_of: str | None,
    wait_seconds: float,
) -> int:
    """Answer the audit query NAME; a row is something to look at.

    With --as-of it is asked of the ledger as it was known then, which is built first, in a place of
    its own under target/as_of.
    """
    from contextlib import closing

    from runner.audit.queries import find_query
    from runner.cli import options
    from runner.engines.base import open_engine
    from runner.errors import EngineError, Location
    from runner.report.write import write

    config = options.load(project_dir, variables)
    query = find_query(config.audit_path, name)
    sql = query.with_values(_given(params))
    if as_of is not None:
        from runner.cli.up_to_date import build_quietly

        config = options.load_as_of(project_dir, variables, target, as_of, wait_seconds)
        if not build_quietly(config, target, wait_seconds):
            return 1
    place = config.target(target)
    opened = open_engine(place, read_only=True, wait_seconds=wait_seconds)
    with closing(opened) as engine:
        _refuse_unbuilt(engine, query, config.option_for(place.name))
        try:
            write(engine.query(sql), format_name, output)
        except EngineError as error:
            error.where = error.where or Location(query.path)
            raise
    return 0


def _given(params: tuple[str, ...]) -> dict[str, str]:
    from runner.errors import UsageError

    found = {}
    for pair in params:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise UsageError(
                "R200", f"--param {pair} is not NAME=VALUE", mend="write --param late_seconds=60"
            )
        found[name] = value
    return found


def _refuse_unbuilt(engine: Engine, query: AuditQuery, option: str) -> None:
    """UsageError where the query reads a table that is not there yet."""
    from runner.audit.queries import tables_read
    from runner.errors import Location, UsageError

    missing = sorted(tables_read(query.sql) - engine.relations().keys())
    if missing:
        raise UsageError(
            "R209",
            f"{query.name} reads {', '.join(missing)}, which is not there",
            where=Location(query.path),
            mend=f"run `runner build{option}` first",
        )
