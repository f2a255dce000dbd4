"""`dbt_project.yml`, honoured where there is one: folders, vars, and folder-level config."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.errors import Location, ProjectError
from runner.project.yaml_file import read_yaml


@dataclass(frozen=True)
class DbtProject:
    """A dbt project's own settings; dbt's defaults where it sets none."""

    name: str | None = None
    model_paths: tuple[str, ...] = ("models",)
    macro_paths: tuple[str, ...] = ("macros",)
    seed_paths: tuple[str, ...] = ("seeds",)
    test_paths: tuple[str, ...] = ("tests",)
    docs_paths: tuple[str, ...] = ()
    vars: Mapping[str, Any] = field(default_factory=dict)
    models: Mapping[str, Any] = field(default_factory=dict)
    seeds: Mapping[str, Any] = field(default_factory=dict)
    hooks: tuple[str, ...] = ()  # of `on-run-start` and `on-run-end`, those it has

    def folder_config(self, kind: str, fqn: Sequence[str]) -> dict[str, Any]:
        """Config of the folders an object lies in, the nearest winning; tags add up.

        `fqn` is project, folders…, name; keys may carry dbt's leading `+`.
        """
        level: Any = self.models if kind == "model" else self.seeds
        config: dict[str, Any] = {}
        _merge(config, level)
        for part in fqn:
            level = level.get(part) if isinstance(level, Mapping) else None
            if not isinstance(level, Mapping):
                break
            _merge(config, level)
        return config


def _merge(config: dict[str, Any], level: Mapping[str, Any]) -> None:
    for key, value in level.items():
        plain = str(key).removeprefix("+")
        # a bare key holding a mapping is a folder, unless it says + or is a known mapping setting
        if (
            isinstance(value, Mapping)
            and key == plain
            and plain not in ("meta", "contract", "column_types")
        ):
            continue
        if plain == "tags":
            tags = (
                [value]
                if isinstance(value, str)
                else [str(v) for v in value]
                if isinstance(value, list)
                else [str(value)]
            )
            config["tags"] = [*config.get("tags", []), *tags]
        else:
            config[plain] = value


def load_dbt_project(root: Path) -> DbtProject | None:
    file = root / "dbt_project.yml"
    if not file.is_file():
        return None
    body = read_yaml(file)

    def paths(key: str, old: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = body.get(key, body.get(old))
        if value is None:
            return default
        if not isinstance(value, list):
            raise ProjectError(
                "R221",
                f"{key} is not a list",
                where=Location(file, body.line_of(key)),
                mend=f'write {key}: ["folder"]',
            )
        return tuple(str(v) for v in value)

    def mapping(key: str) -> Mapping[str, Any]:
        value = body.get(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise ProjectError(
                "R221",
                f"{key} is {value!r}, not keys and values",
                where=Location(file, body.line_of(key)),
                mend=f"write {key}: and its settings, indented, below it",
            )
        return value

    variables = mapping("vars")
    name = body.get("name")
    own = variables.get(str(name))
    return DbtProject(
        name=name,
        model_paths=paths("model-paths", "source-paths", ("models",)),
        macro_paths=paths("macro-paths", "macro-paths", ("macros",)),
        seed_paths=paths("seed-paths", "data-paths", ("seeds",)),
        test_paths=paths("test-paths", "test-paths", ("tests",)),
        docs_paths=paths("docs-paths", "docs-paths", ()),
        vars={
            **{k: v for k, v in variables.items() if not isinstance(v, Mapping)},
            **(own if isinstance(own, Mapping) else {}),
        },
        models=mapping("models"),
        seeds=mapping("seeds"),
        hooks=tuple(key for key in ("on-run-start", "on-run-end") if body.get(key)),
    )
