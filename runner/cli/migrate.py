from __future__ import annotations

from pathlib import Path

import click

from runner.cli.options import project_options, wait_option


@click.group()
def command() -> None:
    """Move the database's schema up or down, and prove it is what the migrations say."""


@command.command()
@project_options
@wait_option
@click.option("--to", "to_version", type=int, metavar="VERSION", help="Stop at this version.")
@click.option("--dry-run", is_flag=True, help="Print the SQL and change nothing.")
def up(
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    wait_seconds: float,
    to_version: int | None,
    dry_run: bool,
) -> None:
    """Apply the pending migrations, all or none.

    A guard of a fact that is missing, or was altered, is put back.
    """
    from runner.cli.console import say
    from runner.migrate import apply

    config, migrations = _project(project_dir, variables)
    with _database(config.target(target), wait_seconds, read_only=dry_run) as engine:
        if dry_run:
            for migration in apply.pending(engine, migrations):
                if to_version is None or migration.version <= to_version:
                    click.echo(f"-- {migration.version:04d}_{migration.name}")
                    for statement in migration.up:
                        click.echo(f"{statement.sql};\n")
            return
        applied = apply.up(engine, migrations, to_version)
        mended = apply.mend_guards(engine, migrations)
        for migration in applied:
            say(f"applied {migration.version:04d}_{migration.name}")
        if mended:
            say(f"put back the guards of {', '.join(mended)}", colour="yellow")
        say(f"{len(applied)} applied" if applied else "nothing is pending")


@command.command()
@project_options
@wait_option
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How many migrations to undo.",
)
@click.option("--lose-facts", is_flag=True, help="Drop tables that still hold rows.")
@click.option("--dry-run", is_flag=True, help="Print the SQL and change nothing.")
def down(
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    wait_seconds: float,
    steps: int,
    lose_facts: bool,
    dry_run: bool,
) -> None:
    """Undo the last migrations, all or none, by the rollback SQL recorded with them."""
    from runner.cli.console import say
    from runner.engines.base import require_database
    from runner.migrate import apply, history

    config, migrations = _project(project_dir, variables)
    require_database(config.target(target))
    with _database(config.target(target), wait_seconds, read_only=dry_run) as engine:
        if dry_run:
            for done in history.read_applied(engine)[::-1][:steps]:
                click.echo(f"-- {done.version:04d}_{done.name}\n{done.rollback_sql}\n")
            return
        for done in apply.down(engine, migrations, steps, lose_facts=lose_facts):
            say(f"undid {done.version:04d}_{done.name}")


@command.command()
@project_options
@wait_option
def status(
    project_dir: Path, target: str | None, variables: tuple[str, ...], wait_seconds: float
) -> None:
    """List the migrations: applied, pending, edited since, or lost."""
    from runner.cli.console import say
    from runner.migrate import history

    config, migrations = _project(project_dir, variables)
    place = config.target(target).path
    if not place.exists():
        say(f"there is no database at {place} yet")
    with _database(config.target(target), wait_seconds, read_only=True) as engine:
        for entry in history.compare(engine, migrations):
            when = f"{entry.applied.applied_at:%Y-%m-%d %H:%M:%S}" if entry.applied else ""
            click.echo(
                f"{entry.version:04d}  {entry.state.value:<8} {entry.name:<28} {when}".rstrip()
            )


@command.command()
@project_options
@wait_option
def verify(
    project_dir: Path, target: str | None, variables: tuple[str, ...], wait_seconds: float
) -> int:
    """Compare the live schema with the migrations; exit 1 where they differ.

    A table or view that nothing accounts for is a difference too: no migration, model or seed made
    it, nor the runner.
    """
    from runner.build import inventory
    from runner.cli.console import say
    from runner.engines.base import require_database
    from runner.migrate import verify as verification

    config, migrations = _project(project_dir, variables)
    require_database(config.target(target))
    with _database(config.target(target), wait_seconds, read_only=True) as engine:
        held = inventory.take(engine, config)
        findings = verification.verify(engine, migrations, held.accounted_for)
    for name in sorted(held.left_over):
        say(f"note: {name} is left from a model or seed that the project no longer has")
    for finding in findings:
        click.echo(f"{finding.subject}: {finding.problem}")
    if findings:
        say(
            f"{len(findings)} difference{'s' if len(findings) > 1 else ''} from the migrations",
            colour="red",
        )
        say(
            "mend: `runner migrate up` puts back the guards of facts; for the rest, undo the edit, "
            "or restore the database from a copy"
        )
        return 1
    say(f"the schema is what {len(migrations)} migrations say", colour="green")
    return 0


@command.command()
@project_options
@click.argument("name")
def new(project_dir: Path, target: str | None, variables: tuple[str, ...], name: str) -> None:
    """Start the next migration file."""
    import re

    from runner.cli.console import say
    from runner.errors import UsageError

    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise UsageError(
            "R205",
            f"'{name}' is not a migration's name",
            mend="use lower-case letters, digits and underscores",
        )
    config, migrations = _project(project_dir, variables)
    version = (migrations[-1].version if migrations else 0) + 1
    path = config.migration_path / f"{version:04d}_{name}.sql"
    words = name.replace("_", " ")
    path.write_text(
        f"-- {words.capitalize()}.\n\n-- migrate:up\n\n\n-- migrate:down\n\n", encoding="utf-8"
    )
    say(f"wrote {path.relative_to(config.root)}")


def _project(project_dir: Path, variables: tuple[str, ...]):  # type: ignore[no-untyped-def]
    from runner.cli import options
    from runner.migrate.files import load_migrations

    config = options.load(project_dir, variables)
    return config, load_migrations(config.migration_path)


def _database(target, wait_seconds: float, *, read_only: bool):  # type: ignore[no-untyped-def]
    from contextlib import closing

    from runner.engines.base import open_engine, open_memory

    if read_only and not target.path.exists():
        return closing(open_memory(target.engine))
    return closing(open_engine(target, read_only=read_only, wait_seconds=wait_seconds))
