"""How far a large load is: a bar on a terminal, lines elsewhere, nothing of a small one."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from runner.cli import progress
from runner.ingest.progress import Progress


def test_the_bar_tells_bytes_and_rows() -> None:
    screen = io.StringIO()
    bar = progress.Bar(Console(file=screen, force_terminal=True, width=120))
    bar.began("reading small.json", 1000)
    bar.advanced(1000, 5)
    assert not screen.getvalue()
    bar.began("reading large.json", 1 << 30)
    bar.advanced(1 << 29, 1_234_567)
    bar.stop()
    assert "reading large.json" in screen.getvalue()
    assert "512.0 MiB of 1.0 GiB 1,234,567 rows" in screen.getvalue()
    bar.began("checking 2 rows")
    bar.stop()
    assert "checking 2 rows" in screen.getvalue()


def test_lines_of_what_has_no_known_size(capsys: pytest.CaptureFixture[str]) -> None:
    lines = progress.Lines()
    lines.began("reading stdin")
    for _ in range(5):
        lines.advanced(100 << 20, 10)
    assert capsys.readouterr().err.splitlines() == ["reading stdin", "  300.0 MiB, 30 rows"]


def test_the_command_shows_it_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not isinstance(progress.watcher(), progress.Bar)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert isinstance(progress.watcher(), progress.Bar)
    assert type(progress.watcher(quiet=True)) is Progress


def test_rich_is_not_loaded_for_a_small_load(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom runner.cli.progress import Bar\nbar = Bar()\n"
        "bar.began('reading', 10)\nbar.advanced(10, 1)\nbar.stop()\n"
        "sys.exit(any(m.split('.')[0] == 'rich' for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path).returncode == 0
