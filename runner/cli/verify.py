from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.options import format_option, output_option, project_options, wait_option

if TYPE_CHECKING:
    from runner.ledger.findings import Head

_PRINT = ""


@click.command()
@project_options
@click.option(
    "--anchor",
    is_flag=False,
    flag_value=_PRINT,
    metavar="[HEAD|FILE]",
    help="Print the newest batch and its hash, to be kept elsewhere; or prove that a head that was "
    "kept, or stands in FILE, is still part of the chain.",
)
@format_option()
@output_option
@wait_option
def command(
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    anchor: str | None,
    format_name: str,
    output: Path | None,
    wait_seconds: float,
) -> int:
    """Recompute the hash chain from the facts; exit 1 where one is not as it was appended.

    It finds rows that were altered, added or taken away behind the database's back, and names the
    first of them with the file and line they were made of, as far as the hashes were not made anew
    with them: against that, keep an anchor elsewhere.
    """
    from contextlib import closing

    from runner.cli import options
    from runner.cli.console import say
    from runner.engines.base import Result, open_engine, require_database
    from runner.ingest.facts import fact_tables
    from runner.ledger.findings import COLUMNS
    from runner.ledger.verification import verify
    from runner.migrate.files import load_migrations
    from runner.report.write import write

    config = options.load(project_dir, variables)
    kept = _kept(anchor) if anchor else None
    require_database(config.target(target))
    opened = open_engine(config.target(target), read_only=True, wait_seconds=wait_seconds)
    with closing(opened) as engine:
        facts = fact_tables(engine, config.migration_path)
        migrations = load_migrations(config.migration_path)
        found = verify(engine, facts, migrations, kept, mappings=config.ingest_path)
    if found.findings:
        rows = ((f.batch_id, f.table, f.problem) for f in found.findings)
        write(Result(COLUMNS, rows), format_name, output)
        differences = len(found.findings)
        say(f"{differences} difference{'s' if differences > 1 else ''} found", colour="red")
        return 1
    if anchor == _PRINT and found.head is not None:
        click.echo(str(found.head))
    say(
        f"verified {found.row_count:,} facts of {found.batch_count:,} batches"
        + (f"; head {found.head}" if found.head else ""),
        colour="green",
    )
    if kept is not None:
        say(
            f"batch {kept.batch_id} of the anchor is part of the chain: {kept.chain_hash}",
            colour="green",
        )
    return 0


def _kept(anchor: str) -> Head:
    """A head as `--anchor` printed it, or from a file whose first line is one."""
    import re

    from runner.errors import UsageError
    from runner.ledger.findings import Head

    text = anchor.strip()
    path = Path(anchor)
    if path.is_file():
        text = path.read_text(encoding="utf-8", errors="replace").strip().partition("\n")[0]
    found = re.fullmatch(r"(\d+):([0-9a-f]{64})", text.strip())
    if found is None:
        raise UsageError(
            "R279",
            f"'{anchor}' is neither a file nor a batch with its hash",
            mend="give what `runner verify --anchor` printed, or a file that holds it",
        )
    return Head(int(found[1]), found[2])
