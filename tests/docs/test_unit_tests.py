"""docs/tests.md shows a test that the ledger has, and what `runner test` says when it fails."""

from __future__ import annotations

import re

from tests.conftest import ROOT, ledger_project
from tests.docs.transcripts import shown, transcripts

PAGE = ROOT / "docs" / "tests.md"
BESIDE_MODELS = "models/pnl/unit_tests.yml"
# the second closing as one would have it who divides 1 by 3
EXPECTED = "{close_price: 102, opening_fee: 0.333333333334, net_pnl: 1.666666666666}"
NAIVE = "{close_price: 102, opening_fee: 0.333333333333, net_pnl: 1.666666666667}"


def test_the_example_is_one_of_the_ledgers_own():
    block = re.findall(r"```yaml\n(unit_tests:.*?)```", PAGE.read_text(encoding="utf-8"), re.S)[0]
    lines = iter((ROOT / BESIDE_MODELS).read_text(encoding="utf-8").splitlines())
    for line in block.splitlines():
        assert line.strip() == "- …" or line in lines, line  # each after the one before


def test_the_transcript_is_real(tmp_path):
    ((command, output),) = transcripts(PAGE)
    project = ledger_project(tmp_path / "ledger", "duckdb")
    beside = project.root / BESIDE_MODELS
    text = beside.read_text(encoding="utf-8")
    assert text.count(EXPECTED) == 1
    beside.write_text(text.replace(EXPECTED, NAIVE), encoding="utf-8")
    assert shown(command, project.root) == output
