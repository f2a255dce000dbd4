"""What docs/ci.md tells to copy: the YAML is whole, and its commands do what is said."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", (ROOT / "docs" / "ci.md").read_text("utf-8"), re.S)
FAILING = "checks: [{table: positions, rules: [{name: small, expression: quantity > 0}]}]\n"


def _yaml(start: str) -> Any:
    """The block that begins so."""
    (found,) = [body for _, body in BLOCKS if body.lstrip().startswith(start)]
    return yaml.safe_load(found)


def _steps() -> list[str]:
    steps = _yaml("# .github/workflows")["jobs"]["checks"]["steps"]
    return [step["run"] for step in steps if "run" in step and "pip install" not in step["run"]]


def _shell(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        text=True,
        capture_output=True,
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, built_demo: Callable[[str], Path]) -> Path:
    """What `runner init` makes, built."""
    folder = tmp_path_factory.mktemp("ci") / "mine"
    shutil.copytree(built_demo("duckdb"), folder)
    return folder


def test_the_workflow_passes_and_tells_what_fails(project):
    unit_tests, build, report = _steps()
    for command in (unit_tests, build, report):
        done = _shell(project, command)
        assert done.returncode == 0, done.stderr
    suites = [ElementTree.parse(path).getroot() for path in sorted(project.glob("reports/*.xml"))]
    assert [suite.get("failures") for suite in suites] == ["0", "0"]
    assert int(suites[0].get("tests") or 0) > 300

    (project / "checks" / "mine.yml").write_text(FAILING)
    failed = _shell(project, build)
    assert failed.returncode == 1
    assert "::error file=checks/mine.yml,line=1,title=small::" in failed.stdout
    assert _shell(project, report).returncode == 0
    assert ElementTree.parse(project / "reports" / "checks.xml").getroot().get("failures") == "1"
    (project / "checks" / "mine.yml").unlink()


def test_great_expectations_judges_as_a_step(project):
    judging = _yaml("- name: Great Expectations")[0]["run"].splitlines()
    command = next(line for line in judging if line.startswith("runner"))
    assert _shell(project, command).returncode == 0
    assert (project / "target" / "gx" / "data_docs" / "index.html").is_file()


def test_the_hooks_find_what_is_wrong(project):
    hooks = _yaml("# .pre-commit-config")["repos"][0]["hooks"]
    assert all(re.match(hook["files"], "models/pnl/order_pnl.sql") for hook in hooks)
    for hook in hooks:
        assert _shell(project, hook["entry"]).returncode == 0
    (project / "checks" / "mine.yml").write_text(FAILING.replace("expression", "expresion"))
    wrong = _shell(project, hooks[0]["entry"])
    (project / "checks" / "mine.yml").unlink()
    assert wrong.returncode == 2
    assert "checks/mine.yml:1" in wrong.stderr


def test_an_export_is_checked(project):
    (export,) = [body for language, body in BLOCKS if language == "sh"]
    done = _shell(project, export)
    assert done.returncode == 0, done.stderr
    counts = re.search(r"checks: (\d+) passed, 0 warned, 0 failed, (\d+) not run", done.stderr)
    assert counts is not None and int(counts[1]) >= 4
