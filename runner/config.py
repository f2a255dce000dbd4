"""`[tool.runner]` of a project's pyproject.toml: the one place settings are read from."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.errors import Location, ProjectError, UsageError, nearest
from runner.written import Written

ENGINES = ("duckdb", "sqlite")
EXACTNESS = ("error", "warn", "off")


@dataclass(frozen=True)
class Target:
    """One configured database."""

    name: str
    engine: str
    path: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    slice_rows: int = 5_000_000  # of how many rows a model that can be built in slices reads


@dataclass(frozen=True)
class Config:
    """A project's settings; every path is absolute."""

    root: Path
    file: Path
    name: str
    default_target: str
    targets: Mapping[str, Target]
    vars: Mapping[str, Any]
    exact_money: str | None
    model_paths: tuple[Path, ...] | None
    macro_paths: tuple[Path, ...] | None
    seed_paths: tuple[Path, ...] | None
    fact_seed_paths: tuple[Path, ...]
    check_paths: tuple[Path, ...]
    migration_path: Path
    ingest_path: Path
    audit_path: Path
    facts_path: Path | None
    target_path: Path
    stored_failures: int
    unpacked_limit_bytes: int = 32 << 30  # what one compressed input, or stdin, may come to
    own_vars: frozenset[str] = frozenset()  # of `vars`, those that the file sets
    asked_vars: frozenset[str] = frozenset()  # and those given for this run

    @property
    def exactness(self) -> str:
        """What a float near money is: an error in a ledger, a warning in a plain dbt project."""
        return self.exact_money or ("error" if self.is_ledger else "warn")

    @property
    def is_ledger(self) -> bool:
        """Whether this project keeps facts of its own (a plain dbt project does not)."""
        return self.migration_path.is_dir() or self.ingest_path.is_dir()

    def target(self, name: str | None = None) -> Target:
        wanted = name or self.default_target
        if wanted not in self.targets:
            near = nearest(wanted, set(self.targets))
            raise UsageError(
                "R201",
                f"there is no target '{wanted}'",
                where=Location(self.file, self.line_of(r"\[tool\.runner")),
                why=f"configured targets: {', '.join(sorted(self.targets))}",
                mend=f"did you mean '{near}'?" if near else "add it under [tool.runner.targets]",
            )
        return self.targets[wanted]

    def option_for(self, target: str) -> str:
        """` -t NAME`, for a hint: empty where a command takes that target without being told."""
        return "" if target == self.default_target else f" -t {target}"

    def line_of(self, pattern: str) -> int | None:
        return _line_of(self.file, pattern)


_KEYS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "target": str,
    "targets": dict,
    "vars": dict,
    "exact_money": str,
    "model_paths": list,
    "macro_paths": list,
    "seed_paths": list,
    "fact_seed_paths": list,
    "check_paths": list,
    "migration_path": str,
    "ingest_path": str,
    "audit_path": str,
    "facts_path": str,
    "target_path": str,
    "stored_failures": int,
    "unpacked_limit_bytes": int,
}
_OUR_TARGET_KEYS = {"engine", "path", "slice_rows"}  # the others are DuckDB's
_TARGET_KEYS = {"engine", "path", "memory_limit", "threads", "temp_directory", "slice_rows"}


def find_project(start: Path) -> Path:
    """The folder at or above `start` whose pyproject.toml has a `[tool.runner]` table."""
    start = start.resolve()
    if not start.is_dir():
        raise UsageError(
            "R202",
            f"there is no folder {start}",
            mend="check --project-dir, or make a project there with `runner init`",
        )
    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        if file.is_file() and "tool.runner" in file.read_text(encoding="utf-8", errors="replace"):
            return folder
    raise UsageError(
        "R202",
        f"no ledger project at {start}",
        why="neither it nor a folder above it has a pyproject.toml with a [tool.runner] table",
        mend="go to a project's folder, name one with --project-dir, or run `runner init DIR`",
    )


def load_config(start: Path, overrides: Mapping[str, Any] | None = None) -> Config:
    """Read the project at or above `start`; `overrides` are `--var` values."""
    root = find_project(start)
    file = root / "pyproject.toml"
    table = _read_table(file)
    _check_keys(table, file)
    targets = _targets(table, root, file)
    default = str(os.environ.get("RUNNER_TARGET") or table.get("target") or next(iter(targets)))

    def paths(key: str) -> tuple[Path, ...] | None:
        return tuple(root / entry for entry in table[key]) if key in table else None

    exact = table.get("exact_money")
    if exact is not None and exact not in EXACTNESS:
        raise _bad(
            file, "exact_money", f"exact_money is '{exact}'", f"one of {', '.join(EXACTNESS)}"
        )
    return Config(
        root=root,
        file=file,
        name=str(table.get("name") or root.name),
        default_target=default,
        targets=targets,
        vars={**table.get("vars", {}), **(overrides or {})},
        exact_money=exact,
        model_paths=paths("model_paths"),
        macro_paths=paths("macro_paths"),
        seed_paths=paths("seed_paths"),
        fact_seed_paths=paths("fact_seed_paths") or (root / "seeds" / "demo",),
        check_paths=paths("check_paths") or (root / "checks",),
        migration_path=root / table.get("migration_path", "sql/migrations"),
        ingest_path=root / table.get("ingest_path", "sql/ingest"),
        audit_path=root / table.get("audit_path", "sql/audit"),
        facts_path=root / table["facts_path"] if "facts_path" in table else None,
        target_path=root / table.get("target_path", "target"),
        stored_failures=table.get("stored_failures", 1000),
        unpacked_limit_bytes=table.get("unpacked_limit_bytes", Config.unpacked_limit_bytes),
        own_vars=frozenset(table.get("vars", {})),
        asked_vars=frozenset(overrides or {}),
    )


def _read_table(file: Path) -> dict[str, Any]:
    try:
        parsed = tomllib.loads(file.read_text(encoding="utf-8-sig"), parse_float=Written)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        found = re.search(r"at line (\d+)", str(error))
        raise ProjectError(
            "R203",
            f"{file.name} is not valid TOML",
            where=Location(file, int(found.group(1)) if found else None),
            why=str(error),
            mend="correct the line",
        ) from error
    table: dict[str, Any] = parsed.get("tool", {}).get("runner", {})
    return table


def _check_keys(table: Mapping[str, Any], file: Path) -> None:
    for key, value in table.items():
        if key not in _KEYS:
            near = nearest(key, set(_KEYS))
            raise _bad(
                file,
                key,
                f"[tool.runner] has no key '{key}'",
                f"did you mean '{near}'?" if near else f"known keys: {', '.join(sorted(_KEYS))}",
            )
        if not isinstance(value, _KEYS[key]):
            raise _bad(
                file,
                key,
                f"[tool.runner] {key} is {type(value).__name__}",
                f"give it a {_KEYS[key].__name__}",  # type: ignore[union-attr]
            )


def _targets(table: Mapping[str, Any], root: Path, file: Path) -> dict[str, Target]:
    entries: Mapping[str, Any] = table.get("targets") or {
        "duckdb": {"engine": "duckdb", "path": "ledger.duckdb"},
        "sqlite": {"engine": "sqlite", "path": "ledger.sqlite"},
    }
    targets = {}
    for name, entry in entries.items():
        line = rf"\[tool\.runner\.targets\.{re.escape(name)}\]"
        if not isinstance(entry, dict) or "engine" not in entry:
            raise _bad(
                file, line, f"target '{name}' names no engine", f'add engine = "{ENGINES[0]}"'
            )
        engine = entry["engine"]
        if engine not in ENGINES:
            near = nearest(str(engine), set(ENGINES))
            raise _bad(
                file,
                line,
                f"target '{name}' asks for engine '{engine}'",
                f"did you mean '{near}'?" if near else f"known engines: {', '.join(ENGINES)}",
            )
        for key in entry:
            if key not in _TARGET_KEYS:
                raise _bad(
                    file,
                    line,
                    f"target '{name}' has no key '{key}'",
                    f"known keys: {', '.join(sorted(_TARGET_KEYS))}",
                )
        settings = {k: str(v) for k, v in entry.items() if k not in _OUR_TARGET_KEYS}
        rows = entry.get("slice_rows", Target.slice_rows)
        if not isinstance(rows, int) or rows < 1:
            raise _bad(
                file, line, f"target '{name}': slice_rows is {rows!r}", "give a whole number"
            )
        path = root / str(entry.get("path", f"{name}.{engine}"))
        targets[name] = Target(name, engine, path, settings, rows)
    return targets


def _bad(file: Path, key: str, what: str, mend: str) -> ProjectError:
    pattern = key if key.startswith("\\") else rf"^\s*(\[tool\.runner\.)?{re.escape(key)}\b"
    return ProjectError("R204", what, where=Location(file, _line_of(file, pattern)), mend=mend)


def _line_of(file: Path, pattern: str) -> int | None:
    for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if re.search(pattern, text):
            return number
    return None
