"""Shared by all tests: throw-away projects, both engines, and the command line in-process."""

from __future__ import annotations

import gc
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from zlib import crc32

import pytest

from runner.cli.main import run
from runner.config import Target
from runner.engines.base import Engine, open_engine
from runner.migrate.apply import up
from runner.migrate.files import load_migrations
from runner.scaffold import scaffold

ROOT = Path(__file__).parent.parent
ENGINES = ("duckdb", "sqlite")
# what a project's nodes need collected is nothing, as in runner.cli.main
gc.set_threshold(100_000, 20, 100)


@pytest.hookimpl(tryfirst=True)  # before what is marked is told from what is not
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to the night one of each two `either_engine` scenarios that differ in engine alone."""
    for item in items:
        values = item.callspec.params.values() if hasattr(item, "callspec") else ()
        named = [engine for engine in ENGINES if engine in values]
        if named and item.get_closest_marker("either_engine"):
            scenario = item.nodeid.replace(named[0], "")
            if ENGINES[crc32(scenario.encode()) % 2] != named[0]:
                item.add_marker(pytest.mark.nightly)


def target(engine: str, path: Path) -> Target:
    """As many processes test as there are cores, and few rows are faster without threads."""
    return Target("t", engine, path, {"threads": "1"} if engine == "duckdb" else {})


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

    def copied(self, root: Path) -> MadeProject:
        """The project as it is, in another folder."""
        shutil.copytree(self.root, root)
        return MadeProject(root, self.engine)

    def open(self, *, read_only: bool = False) -> Engine:
        return open_engine(target(self.engine, self.database), read_only=read_only)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        opened = self.open(read_only=True)
        try:
            return list(opened.query(sql).rows)
        finally:
            opened.close()


def _pyproject(engine: str) -> str:
    threads = "threads = 1\n" if engine == "duckdb" else ""
    return (
        f'[tool.runner]\nname = "shop"\ntarget = "t"\n\n'
        f'[tool.runner.targets.t]\nengine = "{engine}"\npath = "ledger.{engine}"\n{threads}'
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
    return partial(ledger_project, tmp_path / "ledger", engine_name)


def ledger_project(root: Path, engine: str, *, demo: bool = False) -> MadeProject:
    """The ledger project itself in a new folder, without its demo facts unless asked."""
    project = MadeProject(root, engine)
    for folder in ("sql", "models", "checks", "seeds"):
        ignore = None if demo else shutil.ignore_patterns("demo")
        shutil.copytree(ROOT / folder, root / folder, ignore=ignore)
    shutil.copyfile(ROOT / "dbt_project.yml", root / "dbt_project.yml")
    project.write({"pyproject.toml": _pyproject(engine)})
    return project


def slim_ledger_project(
    root: Path,
    engine: str,
    *,
    suites: Collection[str] = (),
    without: Iterable[str] = ("execution", "performance", "reconciliation"),
) -> MadeProject:
    """Likewise, without the folders of models and with no checks but the `suites` that are named.

    What a test is not about only takes time to build; and to migrate: an empty ledger is there.
    """
    project = ledger_project(root, engine)
    for folder in without:
        shutil.rmtree(root / "models" / folder)
    for suite in (root / "checks").glob("*.yml"):
        if suite.stem not in suites:
            suite.unlink()
    shutil.copyfile(Path(_migrated(engine).name) / project.database.name, project.database)
    return project


@cache
def _migrated(engine: str) -> TemporaryDirectory[str]:
    """A folder with an empty ledger, as the project's migrations make it."""
    folder = TemporaryDirectory()
    made = MadeProject(Path(folder.name), engine).open()
    up(made, load_migrations(ROOT / "sql" / "migrations"))
    made.close()
    return folder


@pytest.fixture(scope="session")
def built_demo(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """built_demo(engine): the demo ledger, built once for all workers; what changes it copies it.

    A project as `runner init` makes it, in a folder called ledger, whose target is that engine.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base  # a worker's, or the only one

    @cache
    def built(engine: str) -> Path:
        place = shared / f"built-demo-{engine}"
        done, failed = place / "done", place / "failed"
        try:
            place.mkdir()
        except FileExistsError:
            while not done.exists():  # another worker is at it
                assert not failed.exists(), f"another worker could not build the demo on {engine}"
                time.sleep(0.1)
            return place / "ledger"
        try:
            scaffold(place / "ledger", with_demo=True)
            settings = place / "ledger" / "pyproject.toml"
            text = settings.read_text().replace('target = "duckdb"', f'target = "{engine}"')
            settings.write_text(text)
            assert run(["build", "-q", "--project-dir", str(place / "ledger")]) == 0
        except BaseException:
            failed.touch()
            raise
        done.touch()
        return place / "ledger"

    return built


@pytest.fixture
def demo_copy(tmp_path: Path, engine_name: str, built_demo: Callable[[str], Path]) -> MadeProject:
    """The built demo ledger, on each engine in turn, to do with as one likes."""
    return MadeProject(built_demo(engine_name), engine_name).copied(tmp_path / "ledger")


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


@pytest.fixture
def load(cli: Callable[..., Outcome]) -> Callable[..., None]:
    """load(project, instruments=…, fills=…): ingest canonical files, of which no row is refused.

    Digits at the end of a name tell files of one format apart.
    """

    def loaded(project: MadeProject, **files: str) -> None:
        for name, content in files.items():
            what = name.rstrip("0123456789")
            project.write({f"{what}.csv": content})
            form = f"canonical-{what.replace('_', '-')}"
            outcome = cli(project, "ingest", f"{what}.csv", "--format", form)
            assert outcome.exit_code == 0 and "quarantine" not in outcome.stderr, outcome.stderr

    return loaded
