from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.options import SelectCommand, project_options, select_options
from runner.unit_tests import report

if TYPE_CHECKING:
    from runner.unit_tests.results import UnitTestResult


@click.command(cls=SelectCommand)
@project_options
@select_options
@click.option(
    "--format",
    "format_name",
    default="table",
    show_default=True,
    type=click.Choice(["table", *report.WRITERS]),
    help="How to write the results: all of them, or those that failed (table).",
)
@click.option("--fail-fast", is_flag=True, help="Stop at the first test that fails.")
def command(
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    format_name: str,
    fail_fast: bool,
) -> int:
    """Run the unit tests of models, on the target's engine; exit 1 where one fails.

    Needs no database: each runs its model's SQL over the rows it gives, in memory.
    """
    from runner.cli import options
    from runner.cli.console import duration, say
    from runner.report.write import write
    from runner.unit_tests.cases import prepare
    from runner.unit_tests.columns import Shapes
    from runner.unit_tests.files import load_unit_tests
    from runner.unit_tests.run import run_case
    from runner.unit_tests.selection import selected
    from runner.workspace import open_workspace

    workspace = open_workspace(options.load(project_dir, variables), target)
    tests = selected(workspace, load_unit_tests(workspace.project), select, exclude)
    shapes = Shapes(workspace)
    # a test that is written wrongly is met before any has run
    cases = [prepare(workspace, test, shapes) for test in tests]
    results: list[UnitTestResult] = []
    for case in cases:
        results.append(run_case(workspace.target.engine, case))
        if format_name == "table" and not results[-1].has_passed:
            _explain(results[-1])
        if fail_fast and not results[-1].has_passed:
            break
    failed = sum(not r.has_passed for r in results)
    if format_name != "table":
        click.echo(report.WRITERS[format_name](results, workspace.config.root), nl=False)
    elif failed:
        write(report.as_table(results, workspace.config.root), "table")
    left = len(cases) - len(results)
    say(
        f"unit tests: {len(results) - failed} passed, {failed} failed"
        + (f", {left} not run" if left else "")
        + f"; {duration(sum(r.seconds for r in results))}",
        colour="red" if failed else "green",
    )
    return 1 if failed else 0


def _explain(result: UnitTestResult) -> None:
    from runner.cli.console import say
    from runner.unit_tests.difference import difference

    test = result.test
    say()
    say(f"FAIL {test.name} of {test.model}", colour="red")
    if test.description:
        say(f"  {' '.join(test.description.split())}")
    say(f"  declared at {test.where}")
    say(f"  {result.sentence}")
    for line in difference(result):
        colour = {"-": "red", "+": "green"}.get(line[0])
        say(f"    {line}", colour=colour)
