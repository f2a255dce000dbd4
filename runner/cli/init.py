from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--empty", is_flag=True, help="Leave out the demo ledger.")
def command(directory: Path, empty: bool) -> None:
    """Start a new ledger project in DIRECTORY: schema, models, checks, and the demo ledger.

    DIRECTORY is new, or empty but for a repository; `.` is the one you stand in.
    """
    from runner.cli.console import say
    from runner.scaffold import scaffold

    scaffold(directory, with_demo=not empty)
    say(f"made a ledger project in {directory}", colour="green")
    say("next:")
    if directory.resolve() != Path.cwd():
        say(f"  cd {directory}")
    if empty:
        say("  runner ingest instruments.csv --format canonical-instruments")
        say("  runner ingest fills.csv --format canonical-fills")
    say("  runner build")
