"""A new ledger project: the folders the package carries, and a pyproject.toml of its own."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from runner.errors import UsageError
from runner.workspace import template_root

_FOLDERS = ("sql", "models", "checks", "seeds")
_FILES = ("dbt_project.yml",)
_DEMO_ROWS = ("seeds/reference/fee_schedules.csv",)  # about the demo's venues
_PYPROJECT = """\
# This folder is a ledger project. Settings are explained in docs/configuration.md of sot-runner.

[tool.runner]
name = "{name}"
target = "duckdb"
model_paths = ["models"] # all of it; dbt_project.yml lists folders for dbt

[tool.runner.targets.duckdb]
engine = "duckdb"
path = "{name}.duckdb"

[tool.runner.targets.sqlite]
engine = "sqlite"
path = "{name}.sqlite"

[tool.runner.vars]
pnl_method = "fifo"
"""
_GITIGNORE = "target/\n*.duckdb\n*.duckdb.wal\n*.sqlite\n*.sqlite-*\n*.lock\n"


def scaffold(directory: Path, *, with_demo: bool) -> None:
    """Make `directory` a ledger project, whole or not at all; it must be new or empty.

    One that is a repository already, of nothing, counts as empty.
    """
    standing = [path.name for path in directory.iterdir()] if directory.exists() else []
    if any(name != ".git" for name in standing):
        raise UsageError(
            "R215",
            f"{directory} is not empty",
            why="a new project would mix with what is there",
            mend="name a new folder",
        )
    directory = directory.resolve()
    name = re.sub(r"\W+", "_", directory.name).strip("_").lower() or "ledger"
    # where somebody stands, the folder has to stay the one that it is
    stays = bool(standing) or directory in (Path.cwd(), *Path.cwd().parents)
    beside = directory if stays else directory.parent
    beside.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=beside, prefix=".runner-init-") as scratch:
        made = Path(scratch) / "project"
        made.mkdir()
        source = template_root()
        for folder in _FOLDERS:
            shutil.copytree(source / folder, made / folder, ignore=_ignored(with_demo))
        for file in _FILES:
            shutil.copyfile(source / file, made / file)
        for file in () if with_demo else _DEMO_ROWS:
            header = (made / file).read_text(encoding="utf-8").splitlines(keepends=True)[0]
            (made / file).write_text(header, encoding="utf-8")
        (made / "pyproject.toml").write_text(_PYPROJECT.format(name=name), encoding="utf-8")
        (made / ".gitignore").write_text(_GITIGNORE, encoding="utf-8")
        if stays:
            _fill(directory, made)
            return
        if directory.exists():
            directory.rmdir()
        made.replace(directory)


def _fill(directory: Path, made: Path) -> None:
    """Move what is in `made` into `directory`, and out of it again if that cannot be done.

    pyproject.toml comes last: it is what makes a folder a project.
    """
    moved: list[Path] = []
    try:
        for path in sorted(made.iterdir(), key=lambda path: path.name == "pyproject.toml"):
            path.replace(directory / path.name)
            moved.append(path)
    except BaseException:
        for path in moved:
            (directory / path.name).replace(path)
        raise


def _ignored(with_demo: bool):  # type: ignore[no-untyped-def]
    def ignored(folder: str, names: list[str]) -> set[str]:
        skipped = {n for n in names if n in ("__pycache__", ".DS_Store")}
        if not with_demo and Path(folder).name == "seeds":
            skipped |= {"demo"} & set(names)
        return skipped

    return ignored
