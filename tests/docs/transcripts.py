"""What pages show of a terminal (their `console` blocks), and what the terminal shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

_TIME = re.compile(r"\d+\.\d\ds")


def transcripts(page: Path) -> list[tuple[str, str]]:
    """(command, what it printed) of every `console` block, in order."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, _steady(output)))
    return found


def shown(command: str, folder: Path) -> str:
    """What it prints there, to stdout and stderr together."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        command, shell=True, cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return _steady(done.stdout)


def _steady(output: str) -> str:
    """Times differ from run to run; nothing else may."""
    return _TIME.sub("0.00s", output).strip()
