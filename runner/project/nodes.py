"""What a project's folders hold, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.checks.rules import Rule
from runner.errors import Location


@dataclass(frozen=True)
class ColumnSpec:
    """A column as YAML describes it."""

    name: str
    description: str = ""
    data_type: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Properties:
    """What YAML says of a model, seed or source table."""

    description: str = ""
    columns: tuple[ColumnSpec, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    where: Location | None = None


@dataclass(frozen=True)
class Model:
    name: str
    path: Path
    fqn: tuple[str, ...]
    raw_sql: str
    folder_config: Mapping[str, Any]
    properties: Properties

    @property
    def unique_id(self) -> str:
        return f"model.{self.fqn[0]}.{self.name}"


@dataclass(frozen=True)
class Seed:
    name: str
    path: Path
    fqn: tuple[str, ...]
    folder_config: Mapping[str, Any]
    properties: Properties

    @property
    def unique_id(self) -> str:
        return f"seed.{self.fqn[0]}.{self.name}"

    @property
    def config(self) -> dict[str, Any]:
        return {**self.folder_config, **self.properties.config}


@dataclass(frozen=True)
class Source:
    """A table the project reads and does not build: a fact, in a ledger."""

    source_name: str
    name: str
    identifier: str
    package: str
    properties: Properties
    source_description: str = ""
    loader: str = ""

    @property
    def unique_id(self) -> str:
        return f"source.{self.package}.{self.source_name}.{self.name}"

    @property
    def meta(self) -> Mapping[str, Any]:
        found = self.properties.config.get("meta")
        return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True)
class DocsBlock:
    """A `{% docs %}` block of a Markdown file."""

    path: Path
    text: str


@dataclass(frozen=True)
class Project:
    """Everything the folders hold; names are unique over models and seeds."""

    name: str
    root: Path
    models: Mapping[str, Model]
    seeds: Mapping[str, Seed]
    sources: Mapping[tuple[str, str], Source]
    macro_files: tuple[Path, ...]
    docs: Mapping[str, DocsBlock]
    rules: tuple[Rule, ...]  # of checks/, and of a dbt project's singular tests
    vars: Mapping[str, Any]
    seed_folders: tuple[Path, ...] = ()
    macro_folders: tuple[Path, ...] = ()
    schema_paths: tuple[Path, ...] = ()  # the YAML beside models and seeds
    fixture_folders: tuple[Path, ...] = ()  # of rows that unit tests name
    python_models: Mapping[str, Path] = field(default_factory=dict)  # not run; by name
    notes: tuple[str, ...] = ()  # what of a dbt project is not followed, in words
