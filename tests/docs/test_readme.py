"""The README's terminal transcript is what the terminal shows."""

from __future__ import annotations

import shutil

from tests.conftest import ROOT
from tests.docs.transcripts import shown, transcripts


def test_the_transcript_is_real(tmp_path):
    for folder in ("sql", "models", "checks", "seeds"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for file in ("pyproject.toml", "dbt_project.yml"):
        shutil.copyfile(ROOT / file, tmp_path / file)
    told = transcripts(ROOT / "README.md")
    assert any(command.startswith("runner build") for command, _ in told)
    for command, output in told:
        assert shown(command, tmp_path) == output, command
