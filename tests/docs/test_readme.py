"""The README's terminal transcript is what the terminal shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
_TIME = re.compile(r"\d+\.\d\ds")


def _transcripts() -> list[tuple[str, str]]:
    """(command, what it printed) of every `console` block, in order."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = []
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def test_the_transcript_is_real(tmp_path):
    for folder in ("sql", "models", "checks", "seeds"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for file in ("pyproject.toml", "dbt_project.yml"):
        shutil.copyfile(ROOT / file, tmp_path / file)
    transcripts = _transcripts()
    assert any(command.startswith("runner build") for command, _ in transcripts)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for command, shown in transcripts:
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert _steady(done.stdout) == _steady(shown), command


def _steady(output: str) -> str:
    """Times differ from run to run; nothing else may."""
    return _TIME.sub("0.00s", output).strip()
