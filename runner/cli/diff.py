from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.options import SelectCommand, output_option, project_options, wait_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.audit.diff.builds import Build, Place
    from runner.audit.diff.results import Difference
    from runner.build.state import NodeState
    from runner.config import Config
    from runner.workspace import Workspace

_SHOWN_ROWS = 10


@click.command(cls=SelectCommand)
@click.argument("a")
@click.argument("b")
@project_options
@click.option(
    "-s",
    "--select",
    multiple=True,
    metavar="SELECTOR",
    help="Compare these models, in dbt's grammar.  [default: all but int_ and stg_ ones, and those "
    "made on demand]",
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=_SHOWN_ROWS,
    show_default=True,
    help="Show so many rows of each table.",
)
@click.option(
    "--format",
    "format_name",
    default="table",
    show_default=True,
    type=click.Choice(["table", "json", "markdown"]),
    help="How to write the answer.",
)
@output_option
@wait_option
def command(
    a: str,
    b: str,
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    select: tuple[str, ...],
    limit: int,
    format_name: str,
    output: Path | None,
    wait_seconds: float,
) -> int:
    """Compare two builds, A and B, table by table; exit 1 where they differ.

    A build is `published`: what readers see; `target:NAME`: the same of another target; `project`:
    the models as they are edited, over all facts; `var:NAME=VALUE`: those with another var, such as
    var:pnl_method=average; or `as-of:MOMENT`: the ledger as it was known then. The last three are
    built in a place of their own under the target folder, and never published.
    """
    from runner.audit.diff import builds
    from runner.audit.diff.comparison import compare
    from runner.audit.diff.tables import made_by_builds, tables
    from runner.cli import options
    from runner.errors import UsageError
    from runner.workspace import open_workspace

    config = options.load(project_dir, variables)
    specs = [builds.parse(text, config) for text in (a, b)]
    places = []
    for spec in specs:
        place = builds.place(spec, config, target, wait_seconds)
        if spec.kind == "var":
            place = builds.with_var(place, options.parse_vars([spec.value]))
        places.append(place)
    if places[0].target.path == places[1].target.path:
        raise UsageError("R200", f"'{a}' and '{b}' are the same build", mend="name two")
    workspace = open_workspace(config, target)
    names = _chosen(workspace, select, wait_seconds)
    for place in places:
        if not place.is_built_here:
            _require_built(place, builds.read(place, wait_seconds), names, config)
    for place in places:
        if place.is_built_here and not _build(place, names if select else [], wait_seconds):
            return 1
    one, other = (builds.read(place, wait_seconds) for place in places)
    if not select:
        # what is made on demand stands where somebody asked for it, and says nothing of a build
        asked_for = {m.name for m in workspace.models.values() if m.config.get("on_demand")}
        names = sorted({*names, *made_by_builds(one), *made_by_builds(other)} - asked_for)
    rules = [rule.rule for rule in workspace.rules]
    chosen = tables(names, one, other, rules)
    found = compare(one, other, chosen, limit, wait_seconds)
    _write(found, format_name, output)
    return 0 if found.is_equal else 1


def _chosen(workspace: Workspace, select: tuple[str, ...], wait_seconds: float) -> list[str]:
    """Names of the models to compare; SelectionError where there is none."""
    from runner.audit.diff.tables import is_for_readers
    from runner.build import prepare
    from runner.errors import SelectionError

    def published() -> Mapping[str, NodeState]:
        with prepare.for_reading(workspace, wait_seconds) as engine:
            return prepare.published_nodes(engine)

    selector = workspace.selector(prepare.state_of(workspace, None, published))
    chosen = selector.select(select)
    names = [
        m.name
        for m in workspace.models.values()
        if m.unique_id in chosen and m.materialized != "ephemeral"
    ]
    found = names if select else [n for n in names if is_for_readers(n)]
    if not found:
        raise SelectionError(
            "R206", "the selection holds no model that has a table", mend="see `runner ls`"
        )
    return found


def _require_built(place: Place, build: Build, names: list[str], config: Config) -> None:
    from runner.errors import UsageError

    if not build.relations.keys() & set(names):
        raise UsageError(
            "R209",
            f"nothing of what is compared is built in {place.target.path.name}",
            why=f"{place.spec.text} is read as it stands",
            mend=f"run `runner build{config.option_for(place.target.name)}` first",
        )


def _build(place: Place, names: list[str], wait_seconds: float) -> bool:
    """Bring a build that is made for the diff up to date; all of it where no names are given."""
    from runner.build.prepare import Choice
    from runner.cli.console import say
    from runner.cli.up_to_date import bring_up_to_date
    from runner.workspace import open_workspace

    workspace = open_workspace(place.config, place.target.name)
    select = tuple(f"+{name}" for name in names if name in workspace.models)
    say(f"building {place.spec.text}")
    choice = Choice(select=select, prune=True)
    return bring_up_to_date(place.config, workspace, choice, wait_seconds, in_copy=True)


def _write(found: Difference, format_name: str, output: Path | None) -> None:
    from runner.audit.diff.report import document, sections
    from runner.cli.console import say
    from runner.report.write import write_document, write_sections

    equal = sum(d.is_equal for d in found.tables)
    if format_name == "json":
        write_document(document(found), output)
    elif not found.is_equal:
        write_sections(sections(found), format_name, output)
    if found.note:
        say(f"warning: {found.note}", colour="yellow")
    if found.is_equal:
        say(f"{equal} tables compared: all are equal", colour="green")
    else:
        compared = len(found.tables) + len(found.only_before) + len(found.only_after)
        say(f"{compared - equal} of {compared} tables differ", colour="red")
