"""Any subset of files, repeated, overlapping, in any order, gives the same facts."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.config import load_config
from runner.engines.base import open_engine
from tests.conftest import ENGINES, target
from tests.ingest.conftest import GOLDEN, ROOT, Ledger
from tests.ingest.test_bad_files import FILLS
from tests.ingest.test_bad_rows import fill

ROWS = [
    fill(order_id=f"o{n // 2}", fill_id=f"f{n}", quantity=f"{n + 1}",
         executed_at=f"2026-03-02T0{n}:00:00Z")
    for n in range(8)
]  # fmt: skip
pieces = st.lists(st.sampled_from(ROWS), min_size=1, max_size=8)


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(pieces, min_size=1, max_size=2), min_size=1, max_size=3), st.randoms())
def test_pieces_in_any_order(
    declared: dict[str, Path], engine: str, loads: list[list[list[str]]], rng: Random
) -> None:
    """Rows dealt out to files that overlap, loaded one or two at a time, again and shuffled."""
    whole = sorted({row for files in loads for rows in files for row in rows})
    with tempfile.TemporaryDirectory() as folder:
        once = _ledger(declared, Path(folder) / "once", "duckdb")
        once.load("canonical-fills", FILLS + "".join(whole))
        often = _ledger(declared, Path(folder) / "often", engine)
        for files in loads + rng.sample(loads, len(loads)):
            paths = []
            for number, rows in enumerate(files):
                paths.append(often.folder / f"part{number}.csv")
                paths[-1].write_text(FILLS + "".join(rows))
            often.load_file("canonical-fills", *paths)
        left, right = once.facts(), often.facts()
        # when an order was first seen depends on which of its fills came first
        for facts in (left, right):
            facts["orders"] = {row[:-1] for row in facts["orders"]}
        assert left == right
        assert not right["quarantine"]
        once.engine.close()
        often.engine.close()


def _ledger(declared: dict[str, Path], folder: Path, engine_name: str) -> Ledger:
    folder.mkdir()
    path = folder / f"l.{engine_name}"
    shutil.copyfile(declared[engine_name], path)
    engine = open_engine(target(engine_name, path))
    return Ledger(engine, load_config(ROOT), folder)


CHANGED = fill(price="9")  # the same id as the first row of the file, other content
TAKEN = "northex,main,BTC-USDT,{0},c,BUY,LIMIT,1,5,,GTC,PARTIAL,2026-03-02,,,,,{1},\n"
REFUSED = {
    "canonical-fills": [
        [fill(), CHANGED, fill(price="x"), fill(price="x"), "too,few\n"],
        [CHANGED, fill(), fill(fill_id="g", side="SELL", executed_at="2026-03-02T08:00:00Z")],
    ],
    "canonical-orders": [
        # an id taken, a status said twice in other words, and terms said twice
        [TAKEN.format("a", ""), TAKEN.format("b", ""), TAKEN.format("a", "late")],
        [TAKEN.format("o", "first").replace(",1,5,", ",4,5,").replace(",c,", ",d,"),
         TAKEN.format("o", "then").replace(",c,", ",d,")],
    ],
}  # fmt: skip


@pytest.mark.parametrize("backwards", [False, True])
def test_a_refused_row_is_kept_once_however_it_is_worded(ledger: Ledger, backwards: bool) -> None:
    ledger.declare()
    headers = {form: (GOLDEN / f"{form}.csv").read_text().splitlines()[0] for form in REFUSED}
    headers["canonical-fills"] = FILLS.strip()
    loads = [(form, "".join(rows)) for form, files in REFUSED.items() for rows in files]
    if backwards:
        loads.reverse()
    for form, rows in loads:
        ledger.load(form, f"{headers[form]}\n{rows}")
    kept = ledger.rows("select * from quarantine order by quarantine_id")
    assert len(kept) == 8
    for form, rows in loads + loads[::-1]:
        # a line further down, under another name
        again = ledger.load(form, f"\n{headers[form]}\n{rows}", "copy.csv")
        assert again.batch_id is None and again.quarantined
    assert ledger.rows("select * from quarantine order by quarantine_id") == kept


def test_several_files_are_one_batch(ledger: Ledger) -> None:
    ledger.declare()
    paths = []
    for number, rows in enumerate((ROWS[:5], ROWS[3:], ["bad\n"])):
        path = ledger.folder / f"part{number}.csv"
        path.write_text(FILLS + "".join(rows))
        paths.append(path)
    report = ledger.load_file("canonical-fills", *paths)
    assert (report.read, report.duplicates, report.quarantined) == (11, 2, 1)
    assert report.source == "part0.csv and 2 more"
    assert ledger.rows("select source, line_number from quarantine") == [("part2.csv", 2)]
    assert len(ledger.rows("select 1 from ledger_batches")) == 3


def test_csv_parquet_and_json_are_the_same_facts(duck: Ledger) -> None:
    import json

    import duckdb

    duck.declare()
    csv = duck.folder / "fills.csv"
    csv.write_text(FILLS + "".join(ROWS))
    parquet = duck.folder / "fills.parquet"
    duckdb.sql(
        f"select * replace (quantity::decimal(20, 8) as quantity, price::decimal(38, 12) as price, "
        "fee_amount::bigint as fee_amount, executed_at::timestamptz as executed_at) "
        f"from read_csv('{csv}', all_varchar = true)"
    ).write_parquet(str(parquet))
    names = FILLS.strip().split(",")
    records = [dict(zip(names, row.strip().split(","), strict=True)) for row in ROWS]
    made = duck.load_file("canonical-fills", csv)
    assert made.appended["order_fills"] == len(ROWS)
    for again in (
        duck.load_file("canonical-fills", parquet),
        duck.load("canonical-fills", json.dumps(records), "fills.json"),
        duck.load("canonical-fills", "\n".join(map(json.dumps, records)), "fills.ndjson"),
    ):
        assert (again.duplicates, again.batch_id) == (len(ROWS), None)
