from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from runner.cli.options import (
    as_of_option,
    format_option,
    output_option,
    project_options,
    wait_option,
)

if TYPE_CHECKING:
    from runner.config import Config, Target


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
@as_of_option
@wait_option
def command(
    name: str,
    project_dir: Path,
    target: str | None,
    variables: tuple[str, ...],
    format_name: str,
    output: Path | None,
    limit: int,
    as_of: str | None,
    wait_seconds: float,
) -> int:
    """Show the rows of a published model, a seed or a fact table."""
    from contextlib import closing

    from runner.cli import options
    from runner.cli.console import say
    from runner.engines.base import open_engine
    from runner.report.write import write

    config = options.load_as_of(project_dir, variables, target, as_of, wait_seconds)
    place = config.target(target)
    if as_of is not None:
        from runner.cli.up_to_date import build_quietly

        if not build_quietly(config, target, wait_seconds, in_copy=True):
            return 1
    is_made_here = place.path.exists() and _is_on_demand(name, config)
    if is_made_here and not _make(name, config, place, wait_seconds):
        return 1
    if not place.path.exists():
        _refuse_near_miss(name, _made_by(config))
    opened = open_engine(place, read_only=True, wait_seconds=wait_seconds)
    with closing(opened) as engine:
        relations = engine.relations()
        if name not in relations:
            _refuse(name, relations.keys(), config, place)
        first = ", ".join(str(n) for n in range(1, min(len(relations[name].columns), 3) + 1))
        write(
            engine.query(f"select * from {name} order by {first} limit {limit}"),
            format_name,
            output,
        )
        if not relations[name].is_view and (total := engine.row_count(name)) > limit:
            say(f"{limit} of {total:,} rows; --limit shows more")
    return 0


def _is_on_demand(name: str, config: Config) -> bool:
    from runner.project.load import load_project

    model = load_project(config).models.get(name)
    return model is not None and bool(model.properties.config.get("on_demand"))


def _make(name: str, config: Config, place: Target, wait_seconds: float) -> bool:
    """Bring a model that no build makes by itself up to date; whether it was published."""
    from runner.build.prepare import Choice
    from runner.cli.up_to_date import bring_up_to_date
    from runner.workspace import open_workspace

    workspace = open_workspace(config, place.name)
    model = workspace.models[name]
    wanted = {model.unique_id} | workspace.dag.ancestors(model.unique_id)
    names = tuple(
        m.name
        for m in workspace.models.values()
        if m.unique_id in wanted and m.config.get("on_demand")
    )
    choice = Choice(select=names)
    return bring_up_to_date(config, workspace, choice, wait_seconds, in_copy=False)


def _made_by(config: Config) -> frozenset[str]:
    """What the project's migrations, seeds and models make."""
    from runner.migrate.files import load_migrations
    from runner.project.load import relation_names

    folder = config.migration_path
    migrations = load_migrations(folder) if folder.is_dir() else ()
    return relation_names(config) | {s.table for m in migrations for s in m.up if s.table}


def _refuse_near_miss(name: str, known: frozenset[str]) -> None:
    """UsageError where `name` is a misspelt one of `known`."""
    from runner.errors import UsageError, nearest

    if name not in known and (near := nearest(name, set(known))):
        raise UsageError(
            "R209",
            f"the project makes no table '{name}'",
            mend=f"did you mean '{near}'?",
        )


def _refuse(name: str, relations: Iterable[str], config: Config, place: Target) -> NoReturn:
    from runner.errors import UsageError, nearest

    known = _made_by(config)
    option = config.option_for(place.name)
    if name in known:
        _refuse_unbuilt(name, config, place)
        raise UsageError(
            "R209",
            f"{name} is not built yet in {place.path.name}",
            mend=f"run `runner build{option}` first",
        )
    near = nearest(name, {*known, *relations})
    raise UsageError(
        "R209",
        f"there is no table '{name}' in {place.path.name}",
        mend=f"did you mean '{near}'?" if near else f"see `runner ls`, then `runner build{option}`",
    )


def _refuse_unbuilt(name: str, config: Config, place: Target) -> None:
    """UsageError where no build makes a table of the model `name`."""
    from runner.errors import UsageError
    from runner.workspace import open_workspace

    workspace = open_workspace(config, place.name)
    if name not in workspace.project.models:
        return
    model = workspace.compiler.model(name)
    if not model.is_enabled:
        raise UsageError("R209", f"{name} is disabled", mend="set enabled: true in its config")
    if model.materialized == "ephemeral":
        raise UsageError(
            "R209",
            f"{name} is ephemeral",
            why="it stands in the queries of the models that refer to it, and has no table",
            mend=f"see its SQL with `runner compile {name}{config.option_for(place.name)}`",
        )
