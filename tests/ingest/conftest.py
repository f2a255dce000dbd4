"""An empty, migrated ledger on each engine in turn, and a short way to load into it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from runner.config import Config, load_config
from runner.engines.base import Engine, open_engine
from runner.ingest.facts import fact_tables
from runner.ingest.load import LoadReport, ingest
from runner.migrate import apply
from runner.migrate.files import load_migrations
from tests.conftest import target

ROOT = Path(__file__).parent.parent.parent
GOLDEN = Path(__file__).parent / "golden"
VENUES = Path(__file__).parent / "venues"
NOW = datetime(2026, 3, 10, 12)


def new_ledger(engine_name: str, path: Path) -> Engine:
    engine = open_engine(target(engine_name, path))
    apply.up(engine, load_migrations(ROOT / "sql" / "migrations"))
    return engine


@dataclass
class Ledger:
    """A ledger in a temporary folder."""

    engine: Engine
    config: Config
    folder: Path
    reports: list[LoadReport] = field(default_factory=list)
    declared: Path | None = None  # a database like it, with what `declare` loads

    def declare(self) -> None:
        """The golden accounts and instruments, of a ledger that holds nothing yet."""
        assert self.declared is not None and not self.rows("select 1 from ledger_batches")
        place = self.engine.target
        self.engine.close()
        shutil.copyfile(self.declared, place.path)
        self.engine = open_engine(place)

    def load(self, form: str, content: str | bytes, name: str = "", **options: Any) -> LoadReport:
        """Write `content` into a file and ingest it."""
        path = self.folder / (name or f"{form}.csv")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self.load_file(form, path, **options)

    def load_file(self, form: str, *paths: Path, **options: Any) -> LoadReport:
        report = ingest(self.engine, self.config, paths, form, **{"now": NOW, **options})
        self.reports.append(report)
        made = report.read - report.duplicates - report.quarantined
        assert made >= 0
        return report

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list(self.engine.query(sql).rows)

    def facts(self) -> dict[str, set[tuple[Any, ...]]]:
        """Every fact but the books and rows' text, without what the ledger itself gave it."""
        found = {}
        for table in fact_tables(self.engine, self.config.migration_path).values():
            names = [c.name for c in table.content if c.name != "sequence_number"]
            if not table.name.startswith(("ledger_", "raw_blocks")):
                sql = f"select {', '.join(names)} from {table.name}"
                found[table.name] = set(self.rows(sql))
        return found

    def reasons(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "select line_number, reason_code from quarantine order by line_number, reason_code"
        )


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An empty, migrated database of each engine: copied, not made anew, for each test."""
    folder = tmp_path_factory.mktemp("templates")
    made = {}
    for engine_name in ("duckdb", "sqlite"):
        made[engine_name] = folder / f"empty.{engine_name}"
        new_ledger(engine_name, made[engine_name]).close()
    return made


@pytest.fixture(scope="session")
def declared(templates: dict[str, Path]) -> dict[str, Path]:
    """Likewise with the golden accounts and instruments."""
    made = {}
    for engine_name, template in templates.items():
        made[engine_name] = template.with_stem("declared")
        shutil.copyfile(template, made[engine_name])
        engine = open_engine(target(engine_name, made[engine_name]))
        ledger = Ledger(engine, load_config(ROOT), template.parent)
        for form in ("canonical-accounts", "canonical-instruments"):
            ledger.load_file(form, GOLDEN / f"{form}.csv")
        engine.close()
    return made


@pytest.fixture(scope="session")
def golden_ledgers(
    templates: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, tuple[Ledger, dict[str, list[str]]]]]:
    """Each engine's ledger with all golden files in it, each loaded twice; and their facts."""
    from tests.ingest.test_golden import load_all

    made = {}
    for engine_name, template in templates.items():
        folder = tmp_path_factory.mktemp("golden")
        path = folder / f"ledger.{engine_name}"
        shutil.copyfile(template, path)
        ledger = Ledger(open_engine(target(engine_name, path)), load_config(ROOT), folder)
        made[engine_name] = (ledger, load_all(ledger, GOLDEN))
    yield made
    for ledger, _ in made.values():
        ledger.engine.close()


@pytest.fixture
def open_copy(
    templates: dict[str, Path], declared: dict[str, Path], tmp_path: Path
) -> Iterator[Callable[[str], Ledger]]:
    """open_copy("duckdb"): a ledger of its own each time."""
    opened: list[Ledger] = []

    def made(engine_name: str) -> Ledger:
        folder = tmp_path / f"ledger{len(opened)}"
        folder.mkdir()
        path = folder / f"ledger.{engine_name}"
        shutil.copyfile(templates[engine_name], path)
        engine = open_engine(target(engine_name, path))
        opened.append(Ledger(engine, load_config(ROOT), folder, declared=declared[engine_name]))
        return opened[-1]

    yield made
    for ledger in opened:
        ledger.engine.close()


@pytest.fixture
def ledger(open_copy: Callable[[str], Ledger], engine_name: str) -> Ledger:
    return open_copy(engine_name)


@pytest.fixture
def duck(open_copy: Callable[[str], Ledger]) -> Ledger:
    """On DuckDB only: judging rows is the same code on every engine."""
    return open_copy("duckdb")


@pytest.fixture
def market(duck: Ledger) -> Ledger:
    """With the golden accounts and instruments."""
    duck.declare()
    return duck
