"""Before a build: the database opened, migrated if new, given its demo facts; then a plan."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from runner.build import fingerprint, state
from runner.build.plan import Action, Plan, Request
from runner.build.planner import Planner
from runner.build.report import Watcher
from runner.compile.compiled import Compiled
from runner.engines.base import Engine, open_engine, open_memory
from runner.errors import Location, ProjectError, SelectionError
from runner.graph.select import StateOf
from runner.migrate import history
from runner.project.text_file import read_text
from runner.workspace import Workspace

_BOOKS = "ledger_batches"


@dataclass(frozen=True)
class Choice:
    """What the command line asked for."""

    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    full_refresh: bool = False
    state: Path | None = None
    prune: bool = False


@contextmanager
def for_writing(
    workspace: Workspace, wait_seconds: float, *, migrate: bool, watcher: Watcher
) -> Iterator[Engine]:
    """The target's database, at the project's schema version, with its seed facts loaded."""
    engine = open_engine(workspace.target, wait_seconds=wait_seconds)
    try:
        if workspace.config.is_ledger:
            _migrate(engine, workspace, asked=migrate, watcher=watcher)
            _restore(engine, workspace, watcher)
            _load_facts(engine, workspace, watcher)
        else:
            _refuse_lost_migrations(engine, workspace)
        yield engine
    finally:
        engine.close()


@contextmanager
def for_reading(workspace: Workspace, wait_seconds: float) -> Iterator[Engine]:
    """The target's database read-only; an empty one in memory where there is none yet."""
    if workspace.target.path.exists():
        engine = open_engine(workspace.target, read_only=True, wait_seconds=wait_seconds)
    else:
        engine = open_memory(workspace.target.engine)
    try:
        yield engine
    finally:
        engine.close()


def _migrate(engine: Engine, workspace: Workspace, *, asked: bool, watcher: Watcher) -> None:
    from runner.migrate.apply import migrate_new

    applied = migrate_new(engine, workspace.config.migration_path, pending_too=asked)
    if applied:
        watcher.note(f"migrated {workspace.target.path.name} to version {applied[-1].version:04d}")


def _refuse_lost_migrations(engine: Engine, workspace: Workspace) -> None:
    """ProjectError where the project is a ledger's, and has lost what says so.

    Without migrations it would pass for a plain dbt project, whose floats are only warned about.
    """
    reads = {source.identifier for source in workspace.project.sources.values()}
    if _BOOKS in reads and engine.has_relation(_BOOKS) and engine.has_relation(history.TABLE):
        raise ProjectError(
            "R210",
            f"the migrations folder {workspace.config.migration_path.name} is missing",
            where=Location(workspace.config.migration_path),
            why=f"{workspace.target.path.name} is a ledger that migrations have made",
            mend="restore sql/, or build another database",
        )


def _restore(engine: Engine, workspace: Workspace, watcher: Watcher) -> None:
    folder = workspace.config.facts_path
    if folder is None:
        return
    from runner.ledger.restoration import restore

    restored = restore(engine, folder, workspace.config.migration_path)
    if restored:
        watcher.note(f"restored {restored:,} facts from {folder.name}")


def _load_facts(engine: Engine, workspace: Workspace, watcher: Watcher) -> None:
    from runner.ingest.demo import load_fact_seeds

    if not any(folder.is_dir() for folder in workspace.config.fact_seed_paths):
        return
    reports = load_fact_seeds(engine, workspace.config)
    appended = sum(sum(report.appended.values()) for report in reports)
    if appended:
        watcher.note(f"loaded {appended:,} facts from {len(reports)} seed files")


def plan(engine: Engine, workspace: Workspace, choice: Choice) -> Plan:
    """What to build and check; SelectionError where the choice holds nothing to build."""
    selector = workspace.selector(
        state_of(workspace, choice.state, lambda: published_nodes(engine))
    )
    chosen = selector.select(choice.select, choice.exclude)
    everything = not choice.select and not choice.exclude
    buildable = {n for n in chosen if not n.startswith("source.")}
    if not buildable and not everything:
        raise SelectionError(
            "R206",
            "the selection holds nothing to build",
            why="sources are facts: they are read, never built",
            mend="add + after the source to build what stands on it",
        )
    planner = Planner(engine, workspace.project, workspace.models, workspace.dag)
    request = Request(frozenset(chosen), everything, choice.full_refresh, choice.prune)
    return planner.plan(request, workspace.rules)


def refuse_on_a_new_database(workspace: Workspace, choice: Choice) -> None:
    """SelectionError for a choice that a new database cannot be built by, before there is one."""
    if (choice.select or choice.exclude) and not workspace.target.path.exists():
        with for_reading(workspace, 0) as engine:
            plan(engine, workspace, choice)


def to_build(made: Plan) -> list[Compiled]:
    return [s.compiled for s in made.steps if s.compiled and s.action is not Action.SKIP]


def published_nodes(engine: Engine) -> Mapping[str, state.NodeState]:
    """Each node as the last publish left it, by unique id."""
    return state.read_nodes(engine, state.read_catalogue(engine))


def state_of(
    workspace: Workspace,
    folder: Path | None,
    published: Callable[[], Mapping[str, state.NodeState]],
) -> StateOf:
    """`state:modified` and `state:new`, against the manifest.json in `folder`.

    Without one, against what was published, which is asked for where a selector needs it.
    """

    def ids(which: str) -> frozenset[str]:
        if folder is not None:
            known, now = _against_manifest(folder, workspace)
        else:
            known = {k: v.definition for k, v in published().items()}
            engine = workspace.target.engine
            now = {
                m.unique_id: fingerprint.of_definition(m, engine)
                for m in workspace.models.values()
                # an ephemeral one stands in its readers' SQL: they are what has changed; what is
                # made on demand is not new for never having been asked for
                if m.materialized != "ephemeral"
                and (m.unique_id in known or not m.config.get("on_demand"))
            }
            now |= {
                s.unique_id: fingerprint.of_seed(s, engine)
                for s in workspace.project.seeds.values()
            }
        if which not in ("modified", "new"):
            raise SelectionError("R207", f"there is no state '{which}'", mend="modified or new")
        fresh = {k for k in now if k not in known}
        if which == "new":
            return frozenset(fresh)
        return frozenset(fresh | {k for k, v in now.items() if k in known and known[k] != v})

    return ids


def _against_manifest(folder: Path, workspace: Workspace) -> tuple[dict[str, str], dict[str, str]]:
    """Each node's text then and now: as compiled where this runner wrote it, else as dbt has it."""
    from runner.build.artifacts import checksum
    from runner.build.manifest import is_ours

    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        ours = is_ours(manifest)
        text = "compiled_code" if ours else "raw_code"
        known = {
            unique_id: node[text]
            if node["resource_type"] == "model"
            else node["checksum"]["checksum"]
            for unique_id, node in manifest["nodes"].items()
            if node["resource_type"] in ("model", "seed")
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProjectError(
            "R229",
            f"no manifest to compare with in {folder}",
            where=Location(path),
            why=str(error),
            mend="give --state the target/ folder of an earlier build",
        ) from error
    now = {m.unique_id: m.sql if ours else m.model.raw_sql for m in workspace.models.values()}
    now |= {
        s.unique_id: checksum(read_text(s.path))["checksum"]
        for s in workspace.project.seeds.values()
    }
    return known, now
