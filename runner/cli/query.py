from __future__ import annotations

from pathlib import Path

import click

from runner.cli.options import format_option, output_option, project_options, wait_option


@click.command()
@click.argument("sql", required=False)
@click.option(
    "-f",
    "--file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Read the query from this file.",
)
@project_options
@format_option()
@output_option
@click.option(
    "--native", is_flag=True, help="The query is in the engine's own SQL: run it as it is."
)
@wait_option
def command(
    sql: str | None,
    file: Path | None,
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    format_name: str,
    output: Path | None,
    native: bool,
    wait_seconds: float,
) -> None:
    """Answer a question in SQL. The connection itself is read-only."""
    from contextlib import closing

    from runner.cli import options
    from runner.engines.base import open_engine
    from runner.errors import UsageError
    from runner.report.write import write

    if (sql is None) == (file is None):
        raise UsageError(
            "R200",
            "give a query, or a file that holds one with -f, and not both",
            mend='runner query "select * from positions"',
        )
    text = file.read_text(encoding="utf-8") if file else sql or ""
    text = text.strip().rstrip(";").strip()
    if not text:
        raise UsageError("R200", "the query is empty", mend='runner query "select 1 as one"')
    config = options.load(project_dir, variables)
    opened = open_engine(config.target(target), read_only=True, wait_seconds=wait_seconds)
    with closing(opened) as engine:
        if not native and config.exactness != "off":
            from runner.build.exactness import findings
            from runner.cli.console import say

            for found in findings(engine, text):
                say(f"warning: {found.sql}: {found.why}; {found.mend}", colour="yellow")
        answer = engine.query_native(text) if native else engine.query(text)
        write(answer, format_name, output)
