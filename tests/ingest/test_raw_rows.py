"""The text of every row that became facts is kept; each fact leads to the row it was made of."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import zstandard

from runner.errors import EngineError
from runner.ingest import raw_rows
from tests.canonical_files import INSTRUMENT
from tests.ingest.conftest import VENUES, Ledger
from tests.ingest.test_bad_files import FILLS
from tests.ingest.test_bad_rows import fill
from tests.ingest.test_chain import hashes, recompute
from tests.ingest.test_golden import Loaded
from tests.ingest.test_retry import SOL, again, declare


def rows_of(ledger: Ledger, table: str, key: str) -> dict[str, str]:
    """Each fact's id, and the text of the row it was made of."""
    facts = ledger.rows(
        f"select {key}, batch_id, source_row from {table} where source_row is not null"
    )
    read = raw_rows.read(ledger.engine, [(batch, row) for _, batch, row in facts])
    return {str(name): read[batch, row].text for name, batch, row in facts}


def kept(ledger: Ledger) -> int:
    return int(ledger.rows("select coalesce(sum(row_count), 0) from raw_blocks")[0][0])


def test_each_fill_leads_to_its_row(ledger: Ledger) -> None:
    ledger.declare()
    odd = 'a\\tb\\\\n\tc "" d\n\\ e'
    rows = {f"f{n}": fill(fill_id=f"f{n}", quantity=f"{n + 1}") for n in range(5)}
    rows["odd"] = fill(fill_id="odd", order_id=f'"{odd}"')
    content = FILLS + "\n" + rows["f0"] + "bad\n" + "".join(list(rows.values())[1:])
    before = kept(ledger)
    report = ledger.load("canonical-fills", content, "fills.csv")
    assert kept(ledger) == before + 6  # neither the header, nor what is blank or in quarantine
    found = rows_of(ledger, "order_fills", "exchange_fill_id")
    assert found == {name: row.rstrip("\n") for name, row in rows.items()}
    ((batch_id, row),) = ledger.rows(
        "select batch_id, source_row from order_fills where exchange_fill_id = 'f1'"
    )
    (raw,) = raw_rows.read(ledger.engine, [(batch_id, row)]).values()
    assert (raw.source, raw.line, raw.header) == ("fills.csv", 5, FILLS.strip())
    assert report.appended["order_fills"] == 6
    # known facts keep the row they were first made of
    held = ledger.rows("select * from raw_blocks order by 1, 2")
    ledger.load("canonical-fills", FILLS + rows["f3"], "again.csv")
    assert ledger.rows("select * from raw_blocks order by 1, 2") == held
    assert hashes(ledger) == recompute(ledger)


def test_a_stranger_reads_a_block(duck: Ledger) -> None:
    """As docs/ledger.md says it."""
    duck.load("canonical-accounts", "account\na\n\nb\n", "a.csv")
    first, last, count, digest, payload = duck.rows(
        "select first_row, last_row, row_count, sha256, payload from raw_blocks"
    )[0]
    text = zstandard.decompress(base64.b64decode(payload))
    assert text == b"2\ta\n4\tb" and hashlib.sha256(text).hexdigest() == digest
    assert (first, last, count) == (2, 4, 2)


def test_blocks_follow_files_and_ranges(duck: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_rows, "BLOCK_ROWS", 4)
    monkeypatch.setattr(raw_rows, "_RANGE_ROWS", 6)
    paths = []
    for name in "xy":
        path = duck.folder / f"{name}.csv"
        path.write_text("account\n" + "".join(f"{name}{n}\n" for n in range(10)))
        paths.append(path)
    duck.load_file("canonical-accounts", *paths)
    counts = duck.rows("select source, row_count from raw_blocks order by first_row")
    assert counts == [(f"{name}.csv", n) for name in "xy" for n in (4, 2, 4)]
    found = rows_of(duck, "accounts", "account_id")
    assert found == {name: name for name in found} and len(found) == 20


def test_json_and_parquet(duck: Ledger) -> None:
    duck.declare()
    names = FILLS.strip().split(",")
    records = [
        dict(zip(names, fill(fill_id=name).strip().split(","), strict=True)) for name in "jp"
    ]
    text = json.dumps(records[0], indent=1)
    duck.load("canonical-fills", f"[{text}]", "fills.json")
    path = duck.folder / "fills.parquet"
    cells = ", ".join(f"'{cell}' as {name}" for name, cell in records[1].items())
    duckdb.sql(f"select {cells}").write_parquet(str(path))
    duck.load_file("canonical-fills", path)
    found = rows_of(duck, "order_fills", "exchange_fill_id")
    assert found["j"] == text and json.loads(found["p"]) == records[1]


def test_rows_taken_out_of_quarantine_are_kept_with_their_line(duck: Ledger) -> None:
    duck.declare()
    row = fill(symbol="SOL-USDT")
    duck.load("canonical-fills", FILLS + "\n\n" + row, "late.csv")
    declare(duck, SOL)
    again(duck)
    ((batch_id, number),) = duck.rows("select batch_id, source_row from order_fills")
    (raw,) = raw_rows.read(duck.engine, [(batch_id, number)]).values()
    assert (raw.source, raw.line, raw.text) == ("late.csv", 4, row.strip())


def test_what_is_of_several_rows_keeps_them_all(
    open_copy: Callable[[str], Ledger], tmp_path: Path
) -> None:
    """Coinbase Pro tells a trade in two amounts and a fee: three rows, one fill."""
    duck = open_copy("duckdb")
    file = VENUES / "coinbasepro" / "coinbasepro-account.csv"
    report = duck.load_file("coinbasepro-account", Path(shutil.copy(file, tmp_path)))
    assert report.duplicates
    assert kept(duck) == report.read - report.quarantined


def test_every_fact_made_of_a_row_leads_to_it(golden_ledgers: Loaded, engine_name: str) -> None:
    ledger, _ = golden_ledgers[engine_name]
    wanted = set()
    for table, columns in ledger.engine.relations().items():
        if "source_row" in {c.name for c in columns.columns}:
            sql = f"select batch_id, source_row from {table} where source_row is not null"
            wanted |= set(ledger.rows(sql))
    assert len(wanted) > 50
    assert set(raw_rows.read(ledger.engine, wanted)) == wanted


@pytest.mark.parametrize("stored", [zstandard.compress(b"2\tb"), b"no frame of zstd", b""])
def test_an_altered_block_is_noticed(stored: bytes) -> None:
    payload = base64.b64encode(stored).decode()
    with pytest.raises(EngineError, match="is not what was kept"):
        list(raw_rows._rows_in(payload, hashlib.sha256(b"2\ta").hexdigest()))


def test_a_project_of_older_migrations_is_told_what_it_lacks(make_ledger, cli):
    ledger = make_ledger()
    for path in (ledger.root / "sql/migrations").glob("001*.sql"):
        path.unlink()
    ledger.write({"i.csv": INSTRUMENT})
    outcome = cli(ledger, "ingest", "i.csv", "--format", "canonical-instruments")
    assert outcome.exit_code == 3
    assert "R326" in outcome.stderr
    assert "the project has no migration that makes raw_blocks" in outcome.stderr
    assert ledger.rows("select batch_id from ledger_batches") == []
