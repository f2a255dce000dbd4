"""Every row read is accounted for: what a load cannot account for is refused whole, as a bug."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from runner.ingest import quarantine
from tests.ingest.conftest import Ledger

HEADER = "account,venue\n"


def mapped(duck: Ledger, condition: str) -> None:
    """The ledger's mappings, with only some rows of canonical-accounts taken."""
    folder = duck.folder / "mappings"
    shutil.copytree(duck.config.ingest_path, folder)
    file = folder / "canonical-accounts.sql"
    file.write_text(file.read_text().rstrip().rstrip(";") + f"\nwhere {condition}\n")
    duck.config = replace(duck.config, ingest_path=folder)


def test_rows_a_mapping_leaves_out_are_told(duck: Ledger) -> None:
    mapped(duck, "account <> 'b'")
    report = duck.load("canonical-accounts", HEADER + "a,x\n\nb,x\nc,x\nd\n")
    assert (report.read, report.passed_over, report.quarantined) == (3, 1, 1)
    assert any("1 rows hold nothing" in warning for warning in report.warnings)


def test_a_row_without_a_number_is_a_bug(duck: Ledger) -> None:
    mapped(duck, "true")
    file = duck.config.ingest_path / "canonical-accounts.sql"
    file.write_text(file.read_text().replace("row_id", "nullif(row_id, 2) as row_id", 1))
    with pytest.raises(AssertionError, match="1 mapped rows do not say"):
        duck.load("canonical-accounts", HEADER + "a,x\nb,x\n")
    assert not duck.rows("select 1 from accounts")


def test_a_refused_row_that_is_not_kept_is_a_bug(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = quarantine.collect

    def losing(staging, *args):
        kept = real(staging, *args)
        staging.run("delete from ingest_quarantine where line_number = 3")
        return kept

    monkeypatch.setattr(quarantine, "collect", losing)
    with pytest.raises(AssertionError, match="2 rows were refused, and 1 are in quarantine"):
        ledger.load("canonical-accounts", HEADER + "a,x\nb\nc\n")
    monkeypatch.undo()
    assert not ledger.rows("select 1 from accounts") and not ledger.rows("select 1 from quarantine")
    assert not ledger.rows("select 1 from ledger_batches")
