"""A model's config: merged from its folder, its YAML and itself; what of it means nothing here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from runner.compile.compiled import MATERIALIZATIONS, STRATEGIES, Compiled
from runner.errors import CompileError, Location, nearest
from runner.project.nodes import Model

# dbt's own settings that change what dbt builds, and nothing here
_NOT_FOLLOWED = {
    "pre_hook": "hooks are not run",
    "pre-hook": "hooks are not run",
    "post_hook": "hooks are not run",
    "post-hook": "hooks are not run",
    "sql_header": "a header is not run",
    "alias": "tables are called by their models' names",
    "schema": "all tables stand in one schema",
    "database": "all tables stand in the target's database",
    "full_refresh": "a model whose SQL has changed is built from nothing",
}

# dbt's settings of an incremental model that decide which rows its table keeps
_CHANGES_ROWS = (
    "merge_update_columns", "merge_exclude_columns", "merge_clauses", "merge_update_condition",
    "merge_insert_condition", "merge_on_using_columns", "incremental_predicates", "predicates",
)  # fmt: skip


def merged(model: Model, inside: Mapping[str, Any]) -> dict[str, Any]:
    """Config of the folder, the YAML and the model's own call, the last winning; tags add up."""
    levels = (model.folder_config, model.properties.config, inside)
    tags: list[str] = []
    for level in levels:
        found = level.get("tags", [])
        tags += [found] if isinstance(found, str) else list(found)
    config: dict[str, Any] = {"materialized": "view", "enabled": True}
    for level in levels:
        config |= level
    return {**config, "tags": list(dict.fromkeys(tags))}


def refuse_unknown(model: Model, config: Mapping[str, Any]) -> None:
    """CompileError for a materialization, or an incremental strategy, that there is not."""
    if config["materialized"] not in MATERIALIZATIONS:
        near = nearest(str(config["materialized"]), set(MATERIALIZATIONS))
        raise CompileError(
            "R252",
            f"{model.name} asks to be materialized as '{config['materialized']}'",
            where=Location(model.path, 1),
            mend=f"did you mean '{near}'?" if near else f"one of {', '.join(MATERIALIZATIONS)}",
        )
    if config["materialized"] == "incremental":
        _refuse_unknown_strategy(model, config)
        _refuse_other_rows(model, config)


def _refuse_unknown_strategy(model: Model, config: Mapping[str, Any]) -> None:
    if not config.get("incremental_strategy"):
        return
    strategy = str(config["incremental_strategy"])
    if strategy not in STRATEGIES:
        near = nearest(strategy, set(STRATEGIES))
        raise CompileError(
            "R254",
            f"{model.name} asks for the incremental strategy '{strategy}'",
            where=Location(model.path, 1),
            mend=f"did you mean '{near}'?" if near else f"one of {', '.join(STRATEGIES)}",
        )
    needed = STRATEGIES[strategy]
    if needed is not None and not config.get(needed):
        raise CompileError(
            "R254",
            f"{model.name} asks for the incremental strategy '{strategy}' without {needed}",
            where=Location(model.path, 1),
            why="that tells which of its rows new ones take the place of",
            mend=f"add {needed} to its config",
        )


def _refuse_other_rows(model: Model, config: Mapping[str, Any]) -> None:
    for key in _CHANGES_ROWS:
        if config.get(key):
            raise CompileError(
                "R254",
                f"{model.name} asks for {key}, which is not supported",
                where=Location(model.path, 1),
                why="without it other rows would be replaced than under dbt",
                mend="say it in the model's query: whole rows are replaced, by unique_key",
            )


def _is_meant(key: str, compiled: Compiled) -> bool:
    """Whether a setting asks for something else than what happens."""
    value = compiled.config.get(key)
    if key == "full_refresh":
        return value is False
    return bool(value) and not (key == "alias" and value == compiled.name)


def not_followed(models: Iterable[Compiled]) -> list[str]:
    """A sentence for each of dbt's settings that is set, and is not followed here."""
    found: dict[str, list[str]] = {}
    for compiled in models:
        for key in _NOT_FOLLOWED:
            if _is_meant(key, compiled):
                found.setdefault(key, []).append(compiled.name)
    return [
        f"{key} of {', '.join(sorted(names))} is not followed: {_NOT_FOLLOWED[key]}"
        for key, names in found.items()
    ]
