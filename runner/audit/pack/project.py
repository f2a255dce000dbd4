"""The part of a pack that rebuilds it: the project's own files, and settings for a new ledger."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from runner.checks.compiled_rule import CompiledRule
from runner.compile.compiled import Compiled
from runner.config import ENGINES, Config
from runner.errors import Location, ProjectError
from runner.project.load import project_folders

FACTS = "facts"
_IGNORED = ("__pycache__", ".DS_Store")
_GITIGNORE = "target/\n*.duckdb\n*.duckdb.wal\n*.sqlite\n*.sqlite-*\n*.lock\n"


def copy_project(config: Config, engine: str, place: Path) -> None:
    """The folders of the project but for its fact seeds, and a pyproject.toml that reads facts/.

    ProjectError (R294) for a folder of the project that lies outside it.
    """
    for folder in project_folders(config):
        if not folder.is_relative_to(config.root):
            raise ProjectError(
                "R294",
                f"{folder} is no part of the project's own folder",
                where=Location(config.file),
                why="a pack has the project's files, in the same places",
                mend="move it into the project",
            )
        for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if file.is_file() and not _is_left_out(file, config):
                copy = place / file.relative_to(config.root)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
    dbt = config.root / "dbt_project.yml"
    if dbt.is_file():
        shutil.copyfile(dbt, place / dbt.name)
    (place / "pyproject.toml").write_text(_settings(config, engine), encoding="utf-8")
    (place / ".gitignore").write_text(_GITIGNORE, encoding="utf-8")


def write_compiled(
    models: Mapping[str, Compiled], rules: Iterable[CompiledRule], place: Path
) -> None:
    """The SQL that made each table and that found each check's failing rows, without Jinja."""
    for folder, texts in (
        ("models", {m.name: m.sql for m in models.values()}),
        ("checks", {r.rule.name: r.failing for r in rules}),
    ):
        within = place / "compiled" / folder
        within.mkdir(parents=True, exist_ok=True)
        for name, sql in texts.items():
            (within / f"{name}.sql").write_text(sql.strip() + "\n", encoding="utf-8")


def _is_left_out(file: Path, config: Config) -> bool:
    if any(part in _IGNORED for part in file.parts):
        return True
    return any(file.is_relative_to(folder) for folder in config.fact_seed_paths)


def _settings(config: Config, engine: str) -> str:
    """The project's own [tool.runner], with targets in the pack and the vars of this run."""
    table = tomllib.loads(config.file.read_text(encoding="utf-8-sig"))["tool"]["runner"]
    for key in ("targets", "target", "vars", "fact_seed_paths", "target_path"):
        table.pop(key, None)
    table = {"name": config.name, "target": engine, **table, "facts_path": FACTS}
    lines = ["[tool.runner]", *(f"{key} = {_toml(value)}" for key, value in table.items())]
    for name in ENGINES:
        lines += ["", f"[tool.runner.targets.{name}]", f'engine = "{name}"']
        lines.append(f'path = "ledger.{name}"')
    lines += ["", "[tool.runner.vars]"]
    lines += [f"{_toml(key)} = {_toml(value)}" for key, value in config.vars.items()]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_toml(str(k))} = {_toml(v)}" for k, v in value.items())
        return f"{{{pairs}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(v) for v in value)}]"
    return str(value)
