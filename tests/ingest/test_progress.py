"""What a load tells whoever watches it."""

from __future__ import annotations

import json

import pytest

from runner.ingest.progress import Progress
from tests.ingest.conftest import Ledger

ACCOUNTS = "canonical-accounts"


class Heard(Progress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int | None]] = []
        self.bytes: list[int] = []
        self.rows = 0

    def began(self, what: str, total_bytes: int | None = None) -> None:
        self.steps.append((what, total_bytes))
        self.bytes.append(0)

    def advanced(self, byte_count: int, row_count: int = 0) -> None:
        assert byte_count >= 0
        self.bytes[-1] += byte_count
        self.rows += row_count


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_what_is_told_of_a_load(duck: Ledger, suffix: str) -> None:
    """All bytes of all files, whatever a reader could tell of them."""
    paths = []
    for name in ("a", "b"):
        paths.append(duck.folder / f"{name}.{suffix}")
        records = [{"account": f"é{name}{n}", "venue": "x"} for n in range(3)]
        rows = "".join(f"{r['account']},x\n" for r in records)
        paths[-1].write_text(
            "account,venue\n" + rows if suffix == "csv" else json.dumps(records),
            encoding="utf-8",
        )
    heard = Heard()
    duck.load_file(ACCOUNTS, *paths, progress=heard)
    size = sum(path.stat().st_size for path in paths)
    assert heard.steps == [
        (f"reading a.{suffix} and 1 more", size),
        ("checking 6 rows", None),
        ("appending 6 of 6 rows", None),
    ]
    assert heard.bytes == [size, 0, 0]
    assert heard.rows == (0 if suffix == "csv" else 6)
