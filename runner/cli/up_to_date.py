"""Build what a command reads, where it is not built yet, without a word unless it fails."""

from __future__ import annotations

from runner.build import prepare
from runner.build.run import begin, run_build
from runner.cli.watch import summarise, watcher
from runner.config import Config
from runner.workspace import Workspace, open_workspace


def build_quietly(
    config: Config, target: str | None, wait_seconds: float, *, in_copy: bool
) -> bool:
    """All of the project, as far as it has changed; whether it was published."""
    workspace = open_workspace(config, target)
    return bring_up_to_date(config, workspace, prepare.Choice(), wait_seconds, in_copy=in_copy)


def bring_up_to_date(
    config: Config,
    workspace: Workspace,
    choice: prepare.Choice,
    wait_seconds: float,
    *,
    in_copy: bool,
) -> bool:
    """Whether it was published; why not is said. A copy that fails a check answers no query."""
    place = workspace.target
    eyes = watcher(quiet=True)
    with prepare.for_writing(workspace, wait_seconds, migrate=False, watcher=eyes) as engine:
        result = begin(prepare.plan(engine, workspace, choice))
        run_build(engine, workspace.compiler, result, config, eyes)
    if not result.published:
        summarise(result, place.name, None if in_copy else config.option_for(place.name))
    return result.published
