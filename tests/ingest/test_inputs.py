"""What ingest is given: folders, globs, compressed files, stdin; and what is too large to take."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import zstandard

from runner.errors import InputError
from tests.ingest.conftest import Ledger
from tests.ingest.test_bad_files import FILLS, refused
from tests.ingest.test_bad_rows import fill

HEADER = "account,venue\n"
ZSTD = zstandard.ZstdCompressor()
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "several gz": lambda content: gzip.compress(content[:20]) + gzip.compress(content[20:]),
    "zst": ZSTD.compress,
    "several zst": lambda content: ZSTD.compress(content[:20]) + ZSTD.compress(content[20:]),
}
FORM = "canonical-accounts"


def accounts(ledger: Ledger) -> list[str]:
    return [str(row[0]) for row in ledger.rows("select account_id from accounts order by 1")]


@pytest.fixture
def tree(duck: Ledger) -> Path:
    root = duck.folder / "exports"
    (root / "deep" / ".cache").mkdir(parents=True)
    for name, account in (
        ("b.csv", "b"), ("a.csv", "a"), ("deep/c.csv", "c"), (".d.csv", "d"),
        ("deep/.cache/e.csv", "e"),
    ):  # fmt: skip
        (root / name).write_text(f"{HEADER}{account},x\n")
    return root


def test_a_folder_is_the_files_in_it(duck: Ledger, tree: Path) -> None:
    report = duck.load_file(FORM, tree)
    assert accounts(duck) == ["a", "b", "c"]
    assert report.source == "a.csv and 2 more"


def test_a_glob_is_what_it_matches_and_a_file_named_twice_is_one(duck: Ledger, tree: Path) -> None:
    report = duck.load_file(FORM, tree / "[ab].csv", tree / "a.csv", tree / "**" / "c.csv")
    assert (report.read, report.duplicates) == (3, 0)
    assert accounts(duck) == ["a", "b", "c"]


@pytest.mark.parametrize("word", ["*.none", "empty"])
def test_a_word_that_names_nothing(duck: Ledger, word: str) -> None:
    (duck.folder / "empty").mkdir()
    with pytest.raises(InputError) as caught:
        duck.load_file(FORM, duck.folder / word)
    assert caught.value.code == "R271" and str(caught.value.where).endswith(word)


@pytest.mark.parametrize("pack", PACKED.values(), ids=PACKED)
def test_compressed_is_as_plain(ledger: Ledger, pack: Callable[[bytes], bytes]) -> None:
    plain = (HEADER + "a,x\nbad\nb,x\n").encode()
    ledger.load(FORM, pack(plain), "export.csv.packed")
    assert accounts(ledger) == ["a", "b"]
    assert ledger.rows("select source, line_number from quarantine") == [("export.csv.packed", 3)]
    again = ledger.load(FORM, plain, "export.csv")
    assert (again.duplicates, again.batch_id) == (2, None)


def test_a_compressed_files_errors_name_the_file_that_was_given(duck: Ledger) -> None:
    error = refused(duck, "canonical-fills", gzip.compress(b"a,b\n1,2\n"), "fills.csv.gz")
    assert error.code == "R274" and error.where
    assert error.where.path == duck.folder / "fills.csv.gz"


@pytest.mark.parametrize("pack", PACKED.values(), ids=PACKED)
@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_damaged(duck: Ledger, pack: Callable[[bytes], bytes], damage: str) -> None:
    plain = (HEADER + "".join(f"a{n},x\n" for n in range(5_000))).encode()
    packed = bytearray(pack(plain))
    if damage == "cut":
        del packed[-9:]
    else:
        # without a checksum zst may not see it: the header of the last block is wrong
        packed[10] ^= 0xFF
        packed[-9] ^= 0xFF
    try:
        report = duck.load(FORM, bytes(packed), "x.gz")
    except InputError as error:
        assert error.code in ("R284", "R273") and not accounts(duck)
    else:
        assert damage == "flipped" and report.read


@pytest.mark.parametrize("pack", [gzip.compress, ZSTD.compress], ids=["gz", "zst"])
def test_a_bomb(duck: Ledger, pack: Callable[[bytes], bytes]) -> None:
    duck.config = replace(duck.config, unpacked_limit_bytes=10 << 20)
    packed = pack(bytes(64 << 20))
    assert len(packed) < 100_000
    error = refused(duck, FORM, packed, "bomb.csv.gz")
    assert error.code == "R284" and "10,485,760 bytes" in error.what
    assert "unpacked_limit_bytes" in str(error.mend)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
def test_stdin(duck: Ledger, monkeypatch: pytest.MonkeyPatch, pack: Callable[..., bytes]) -> None:
    content = pack((HEADER + "a,x\nbad\n").encode())
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    report = duck.load_file(FORM, Path("-"))
    assert (report.source, accounts(duck)) == ("stdin", ["a"])
    assert duck.rows("select source from quarantine") == [("stdin",)]


def test_nothing_on_stdin(duck: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO()))
    with pytest.raises(InputError) as caught:
        duck.load_file(FORM, Path("-"))
    assert caught.value.code == "R272" and str(caught.value.where) == "stdin"


@pytest.mark.parametrize("name", ["archive.zip", "sheet.xlsx"])
def test_an_archive_is_refused_unread(duck: Ledger, name: str) -> None:
    assert "archive" in refused(duck, FORM, b"PK\x03\x04" + bytes(99), name).what


def test_numbers_with_separators_and_dates_of_no_calendar_are_set_aside(market: Ledger) -> None:
    """Nobody can tell 1,234 from 1.234, nor March from February: no guess is made."""
    cells = {
        "price": ("1,234.5", "1.234,5", "1 234.5", "1'234.5", "1\u00a0234"),
        "executed_at": ("03/02/2026 09:00", "2.3.2026", "Mar 2 2026", "2026-03-02 9am"),
    }
    rows = [
        fill(fill_id=f"f{n}", **{name: f'"{cell}"'})
        for name, values in cells.items()
        for n, cell in enumerate(values)
    ]
    report = market.load("canonical-fills", FILLS + "".join(rows))
    assert report.quarantined == report.read == 9
    codes = [code for _, code in market.reasons()]
    assert codes == ["not_a_number"] * 5 + ["not_a_time"] * 4


def test_a_line_of_a_file_of_json(duck: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    from runner.ingest.readers import json as reader

    monkeypatch.setattr(reader, "_MAX_LINE_BYTES", 200)
    monkeypatch.setattr(reader, "_MAX_DOCUMENT_BYTES", 400)
    long = json.dumps({"account": "b", "venue": "x" * 300})
    short = json.dumps({"account": "a"})
    error = refused(duck, FORM, f"{short}\n\n{long}\n", "a.ndjson")
    assert error.code == "R277" and error.where and error.where.line == 3
    assert refused(duck, FORM, f"[{long}, {long}]", "a.json").code == "R277"
    duck.load(FORM, f"\ufeff{long}\r\n{short}\r\n", "b.ndjson")
    assert accounts(duck) == ["a", "b"]


_LOAD = """
import resource, sys
from pathlib import Path
from runner.config import Target, load_config
from runner.engines.base import open_engine
from runner.errors import InputError
from runner.ingest.load import ingest
engine = open_engine(Target("t", "duckdb", Path(sys.argv[1])))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    ingest(engine, load_config(Path(sys.argv[2])), [Path(sys.argv[3])], "canonical-accounts")
except InputError as error:
    print(error.code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("start", ["account\n", "[", "{", '{"account": "a"}\n'])
def test_a_gigabyte_in_one_line_is_refused_in_bounded_memory(duck: Ledger, start: str) -> None:
    from tests.ingest.conftest import ROOT

    path = duck.folder / "huge"
    with path.open("wb") as out:
        out.write(start.encode() + b'"a' + b"x" * (1 << 17))
        out.truncate(1 << 30)  # zeros that take no room on disk
    duck.engine.close()
    words = [sys.executable, "-c", _LOAD, str(duck.engine.target.path), str(ROOT), str(path)]
    found = subprocess.run(words, capture_output=True, text=True, check=True)
    code, kilobytes = found.stdout.split()
    assert code == "R277"
    assert int(kilobytes) < 600 << 10
