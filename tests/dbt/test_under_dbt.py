"""The ledger's models under dbt-duckdb itself: it builds them, and to the same rows."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from runner.cli.main import run
from runner.config import Target
from runner.engines.base import Engine, open_engine
from runner.scaffold import scaffold

_PROFILE = """ledger:
  target: dev
  outputs:
    dev: {type: duckdb, path: dbt.duckdb, threads: 2}
"""


@pytest.mark.nightly
def test_dbt_builds_the_same_tables(tmp_path: Path) -> None:
    root = tmp_path / "ledger"
    scaffold(root, with_demo=True)
    assert run(["build", "-q", "--project-dir", str(root)]) == 0
    shutil.copyfile(root / "ledger.duckdb", root / "dbt.duckdb")
    _drop_what_the_runner_guards(root / "dbt.duckdb")
    (root / "profiles.yml").write_text(_PROFILE)
    environment = tmp_path / "dbt"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    wanted = ["dbt-core<1.12", "dbt-duckdb", "duckdb>=2.0"]
    subprocess.run([str(environment / "bin" / "pip"), "install", "-q", *wanted], check=True)
    done = subprocess.run(
        [str(environment / "bin" / "dbt"), "build", "--profiles-dir", "."],
        cwd=root,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    ours, theirs = (
        open_engine(Target("t", "duckdb", root / name), read_only=True)
        for name in ("ledger.duckdb", "dbt.duckdb")
    )
    compared = [t for t in ours.relations() if not t.startswith(("runner_", "check_"))]
    assert "positions" in compared
    for table in compared:
        assert _rows(ours, table) == _rows(theirs, table), table


def _drop_what_the_runner_guards(database: Path) -> None:
    engine = open_engine(Target("t", "duckdb", database))
    for (name,) in list(engine.query("select relation from runner_nodes").rows):
        engine.drop(str(name))
    engine.close()


def _rows(engine: Engine, table: str) -> list[tuple[str, ...]]:
    return sorted(tuple(map(repr, row)) for row in engine.query(f"select * from {table}").rows)
