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
    from runner.config import Target
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
        if not build_quietly(config, target, wait_seconds, in_copy=True):
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


@command.command()
@click.option("--from", "first", metavar="DAY", required=True, help="The period's first day, UTC.")
@click.option(
    "--to",
    "last",
    metavar="DAY",
    required=True,
    help="Its last day; or, with a time, the first moment after it.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default="audit-pack",
    show_default=True,
    help="The folder to make; it must be new or empty.",
)
@project_options
@as_of_option
@wait_option
def pack(
    first: str,
    last: str,
    output: Path,
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    as_of: str | None,
    wait_seconds: float,
) -> int:
    """Write one folder of evidence, from which a stranger can make every number again.

    It has all facts that the ledger knows (with --as-of: knew then), the derived rows of the
    period, the check results, the SQL, and the hashes of every file; as a project of its own, in
    which `runner build` makes a new ledger. Its README says the rest. The ledger is built first, in
    a place of its own under target/as_of, and verified. Printed is the SHA-256 of the folder's
    SHA256SUMS, to be kept elsewhere.
    """
    from contextlib import closing

    from runner.audit.pack.write import period_of, prove, refuse, write_pack
    from runner.cli import options
    from runner.cli.console import say
    from runner.cli.up_to_date import build_quietly
    from runner.engines.base import open_engine
    from runner.moments import moment_of
    from runner.workspace import open_workspace

    config = options.load(project_dir, variables)
    period = period_of(moment_of(first), moment_of(last), last)
    refuse(output, config)
    moment = as_of or _last_recorded(config.target(target), wait_seconds)
    frozen = options.load_as_of(project_dir, variables, target, moment, wait_seconds)
    place = frozen.target(target)
    with closing(open_engine(place, read_only=True)) as engine:
        proof = prove(engine, config)
    if not build_quietly(frozen, target, wait_seconds, in_copy=True):
        return 1
    with closing(open_engine(place, read_only=True)) as engine:
        workspace = open_workspace(frozen, target)
        packed = write_pack(engine, config, workspace, proof, period, moment_of(moment), output)
    say(
        f"packed {packed.fact_count:,} facts and {packed.table_count} tables in "
        f"{packed.file_count} files: {output}",
        colour="green",
    )
    click.echo(f"{packed.digest}  SHA256SUMS")
    return 0


def _last_recorded(place: Target, wait_seconds: float) -> str:
    """The moment of the newest batch, UTC; of an empty ledger the first there is."""
    from contextlib import closing
    from datetime import datetime

    from runner.engines.base import open_engine

    with closing(open_engine(place, read_only=True, wait_seconds=wait_seconds)) as engine:
        ((found,),) = engine.query("select max(recorded_at) as moment from ledger_batches").rows
    return str(found or datetime.min)


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
