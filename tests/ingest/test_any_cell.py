"""Whatever stands in a cell, the row is taken or refused, and no other row is lost for it."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.config import load_config
from runner.engines.base import open_engine
from runner.ingest.formats import formats
from tests.conftest import target
from tests.ingest.conftest import ROOT, Ledger
from tests.ingest.test_golden import FOLDERS, in_order

CELLS = (
    "", "NaN", "-inf", "-1", "0", "-0", "1e400", "1e-400", "1e26", "9" * 26 + "." + "9" * 12,
    "-" + "9" * 26, "9999999999999", "9" * 18, "2147483648", "1.5e3", "x", "'", "\\", "|", "é" * 99,
    "[1", "{}", "true", "2026-13-01", "0001-01-01", "9999-12-31T23:59:59Z", "290000-01-01",
    "infinity", "00000000-0000-0000-0000-000000000000",
)  # fmt: skip
FILES = [path for path in in_order(*FOLDERS) if path.suffix == ".csv"]


def spoilt(path: Path) -> str:
    """The file's first row, with each cell in turn replaced by each of CELLS."""
    form = formats()[path.stem]
    header, first, *_ = csv.reader(path.read_text(encoding="utf-8").splitlines())
    header = [name.lower() for name in header]
    named = [*header, *(name.partition("(utc")[0].strip() for name in header)]
    header += [c for c in (*form.columns, *form.optional) if c not in named]
    first += [""] * (len(header) - len(first))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    for place in range(len(header)):
        writer.writerows([*first[:place], cell, *first[place + 1 :]] for cell in CELLS)
    return text.getvalue()


@pytest.fixture(scope="module")
def known(templates: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A DuckDB ledger with the golden files in it, so that there is what rows point to."""
    folder = tmp_path_factory.mktemp("any_cell")
    shutil.copyfile(templates["duckdb"], folder / "l.duckdb")
    engine = open_engine(target("duckdb", folder / "l.duckdb"))
    ledger = Ledger(engine, load_config(ROOT), folder)
    for path in FILES:
        ledger.load_file(path.stem, path)
    yield ledger
    engine.close()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_any_cell(known: Ledger, path: Path) -> None:
    content = spoilt(path)
    report = known.load(path.stem, content)
    assert report.read + report.passed_over == len(list(csv.reader(io.StringIO(content)))) - 1
    assert report.quarantined
    again = known.load(path.stem, content)
    assert (again.batch_id, again.quarantined) == (None, report.quarantined)
