from __future__ import annotations

from pathlib import Path

import click

from runner.cli.options import format_option, output_option, project_options, wait_option


@click.command()
@click.argument("name")
@project_options
@format_option()
@output_option
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="At most so many rows.",
)
@wait_option
def command(
    name: str,
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    format_name: str,
    output: Path | None,
    limit: int,
    wait_seconds: float,
) -> None:
    """Show the rows of a published model, a seed or a fact table."""
    from contextlib import closing

    from runner.cli import options
    from runner.cli.console import say
    from runner.engines.base import open_engine
    from runner.errors import UsageError, nearest
    from runner.report.write import write

    config = options.load(project_dir, variables)
    opened = open_engine(config.target(target), read_only=True, wait_seconds=wait_seconds)
    with closing(opened) as engine:
        relations = engine.relations()
        if name not in relations:
            near = nearest(name, set(relations))
            raise UsageError(
                "R209",
                f"there is no table '{name}' in {config.target(target).path.name}",
                mend=f"did you mean '{near}'?" if near else "see `runner ls`, then `runner build`",
            )
        first = ", ".join(str(n) for n in range(1, min(len(relations[name].columns), 3) + 1))
        write(
            engine.query(f"select * from {name} order by {first} limit {limit}"),
            format_name,
            output,
        )
        if not relations[name].is_view and (total := engine.row_count(name)) > limit:
            say(f"{limit} of {total:,} rows; --limit shows more")
