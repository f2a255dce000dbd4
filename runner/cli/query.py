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
    from runner.config import Config
    from runner.engines.base import Engine, Result


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
@as_of_option
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
    as_of: str | None,
    wait_seconds: float,
) -> int:
    """Answer a question in SQL. The connection itself is read-only.

    With --as-of it is asked of the ledger as it was known then, which is built first, in a place of
    its own under target/as_of.
    """
    from contextlib import closing

    from runner.cli import options
    from runner.compile.source_lines import take_line
    from runner.engines.base import open_engine
    from runner.errors import EngineError, Location, UsageError
    from runner.project.text_file import read_text
    from runner.report.write import write

    if (sql is None) == (file is None):
        raise UsageError(
            "R200",
            "give a query, or a file that holds one with -f, and not both",
            mend='runner query "select * from positions"',
        )
    whole = read_text(file) if file else sql or ""
    text = whole.strip().rstrip(";").strip()
    if not text:
        raise UsageError("R200", "the query is empty", mend='runner query "select 1 as one"')
    config = options.load_as_of(project_dir, variables, target, as_of, wait_seconds)
    if as_of is not None:
        from runner.cli.up_to_date import build_quietly

        if not build_quietly(config, target, wait_seconds, in_copy=True):
            return 1
    opened = open_engine(config.target(target), read_only=True, wait_seconds=wait_seconds)
    with closing(opened) as engine:
        try:
            answer = _ask(engine, text, native, config)
        except EngineError as error:
            if error.code == "R310" and "{{" in text:
                error.mend = "call tables by their names: a query is SQL without Jinja"
            elif error.code == "R310" and error.mend is None:
                error.mend = (
                    "correct the SQL: it may only read, and `runner ls` lists what there is"
                )
            elif error.mend is not None and "{{" in error.mend:
                error.mend = "cast both to double; exact division is a macro of models and checks"
            if file and error.where is None:
                # the query's first line is not the file's where blank lines stand before it
                before = whole[: len(whole) - len(whole.lstrip())].count("\n")
                line = take_line(error, text)
                error.where = Location(file, before + (line or 1))
            raise
        write(answer, format_name, output)
    return 0


def _ask(engine: Engine, text: str, native: bool, config: Config) -> Result:
    if not native and config.exactness != "off":
        from runner.build.exactness import findings
        from runner.cli.console import say

        for found in findings(engine, text):
            say(f"warning: {found.sql}: {found.why}; {found.mend_without_macros}", colour="yellow")
    return engine.query_native(text) if native else engine.query(text)
