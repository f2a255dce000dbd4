"""Shared by all tests: throw-away projects, both engines, and the command line in-process."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from runner.cli.main import run
from runner.config import Target
from runner.engines.base import Engine, open_engine

ROOT = Path(__file__).parent.parent
ENGINES = ("duckdb", "sqlite")


@dataclass
class Outcome:
    """What one command line came to."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass
class MadeProject:
    """A project in a temporary folder, with one target."""

    root: Path
    engine: str

    @property
    def database(self) -> Path:
        return self.root / f"ledger.{self.engine}"

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text).lstrip("\n"), encoding="utf-8", errors="surrogateescape")

    def open(self, *, read_only: bool = False) -> Engine:
        return open_engine(Target("t", self.engine, self.database), read_only=read_only)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        opened = self.open(read_only=True)
        try:
            return list(opened.query(sql).rows)
        finally:
            opened.close()


def _pyproject(engine: str) -> str:
    return (
        f'[tool.runner]\nname = "shop"\ntarget = "t"\n\n'
        f'[tool.runner.targets.t]\nengine = "{engine}"\npath = "ledger.{engine}"\n'
    )


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(tmp_path: Path, engine_name: str) -> Callable[..., MadeProject]:
    """make(files): a project of those files, on each engine in turn."""

    def made(files: Mapping[str, str]) -> MadeProject:
        project = MadeProject(tmp_path / "project", engine_name)
        project.write({"pyproject.toml": _pyproject(engine_name), **files})
        return project

    return made


@pytest.fixture
def make_ledger(tmp_path: Path, engine_name: str) -> Callable[..., MadeProject]:
    """make_ledger(): the ledger project itself, without its demo facts unless asked."""

    def made(*, demo: bool = False) -> MadeProject:
        project = MadeProject(tmp_path / "ledger", engine_name)
        for folder in ("sql", "models", "checks", "seeds"):
            ignore = None if demo else shutil.ignore_patterns("demo")
            shutil.copytree(ROOT / folder, project.root / folder, ignore=ignore)
        shutil.copyfile(ROOT / "dbt_project.yml", project.root / "dbt_project.yml")
        project.write({"pyproject.toml": _pyproject(engine_name)})
        return project

    return made


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Outcome]:
    """cli(project, "build", …): run a command line in the project's folder."""

    def called(project: MadeProject | Path, *args: str) -> Outcome:
        folder = project.root if isinstance(project, MadeProject) else project
        monkeypatch.chdir(folder)
        capsys.readouterr()
        code = run(list(args))
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return called
