"""The ledger's models under dbt-duckdb itself: it builds them, and to the same rows."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from runner.build.state import FACT, NODES
from runner.cli.main import run
from runner.config import Target
from runner.engines.base import Engine, open_engine
from runner.scaffold import scaffold

_PROFILE = """ledger:
  target: dev
  outputs:
    dev: {type: duckdb, path: dbt.duckdb, threads: 2}
"""


_READ = """
import json, sys
from pathlib import Path
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.artifacts.schemas.run import RunResultsArtifact
from dbt_artifacts_parser.parser import parse_manifest, parse_run_results
manifest, results = (Path(sys.argv[1], f"{name}.json") for name in ("manifest", "run_results"))
WritableManifest.read_and_check_versions(str(manifest))
RunResultsArtifact.read_and_check_versions(str(results))
parse_manifest(json.loads(manifest.read_text()))
parse_run_results(json.loads(results.read_text()))
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
    wanted = ["dbt-core<1.12", "dbt-duckdb", "duckdb>=2.0", "dbt-artifacts-parser"]
    subprocess.run([str(environment / "bin" / "pip"), "install", "-q", *wanted], check=True)
    # what the runner has written, before dbt writes over it
    subprocess.run(
        [str(environment / "bin" / "python"), "-c", _READ, "target"], check=True, cwd=root
    )
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
    for (name,) in list(
        engine.query(f"select relation from {NODES} where materialized <> '{FACT}'").rows
    ):
        engine.drop(str(name))
    engine.close()


def _rows(engine: Engine, table: str) -> list[tuple[str, ...]]:
    return sorted(tuple(map(repr, row)) for row in engine.query(f"select * from {table}").rows)
