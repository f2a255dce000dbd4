"""Formats whose rows become facts of several shapes: orders, their events, fills and cash."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.errors import ProjectError
from tests.ingest.conftest import GOLDEN, VENUES, Ledger

STREAMS = {
    form: (VENUES / venue / f"{form}.json").read_text(encoding="utf-8").splitlines()
    for venue, form in (
        ("binance", "binance-spot-reports"),
        ("binance", "binance-futures-reports"),
        ("okx", "okx-order-updates"),
    )
}
STANDING = ("order_fills", "accounts", "instruments")


@pytest.mark.parametrize("form", STREAMS)
def test_messages_in_any_order_and_overlap(open_copy: Callable[[str], Ledger], form: str) -> None:
    once, often = open_copy("duckdb"), open_copy("duckdb")
    for ledger in (once, often):
        ledger.load_file("canonical-instruments", VENUES / "okx" / "canonical-instruments.csv")
    lines = STREAMS[form]
    once.load(form, "\n".join(lines), "all.json")
    for n in reversed(range(len(lines))):
        often.load(form, "\n".join(lines[n : n + 2]), "two.json")
    assert facts_of(once) == facts_of(often)


def facts_of(ledger: Ledger) -> dict[str, Any]:
    found: dict[str, Any] = {t: r for t, r in ledger.facts().items() if t in STANDING}
    found["orders"] = set(ledger.rows("select order_id, side, instrument_id from orders"))
    # an order first seen on a later step has its terms restated
    found["events"] = set(
        ledger.rows(
            "select event_id, event_type, status, order_quantity, limit_price from order_events "
            "where event_type <> 'RESTATED'"
        )
    )
    return found


def test_a_report_is_counted_once(ledger: Ledger) -> None:
    """Its order refused, and its event and fill made or refused with it: one row read."""
    trade = json.loads(STREAMS["binance-spot-reports"][0])
    bad = trade | {"i": 1, "l": "x", "q": "-1"}
    report = ledger.load("binance-spot-reports", json.dumps([trade, bad, trade]), "r.json")
    assert (report.read, report.duplicates, report.quarantined) == (3, 1, 1)
    assert ledger.reasons() == [(2, "not_positive")]
    again = ledger.load("binance-spot-reports", json.dumps([trade]), "r.json")
    assert (again.batch_id, again.read, again.duplicates) == (None, 1, 1)


def test_a_fill_and_its_order_in_one_file_must_agree(ledger: Ledger) -> None:
    new, *_ = (json.loads(m) for m in STREAMS["binance-futures-reports"][1:])
    fill = json.loads(STREAMS["binance-futures-reports"][3])
    fill["o"]["S"] = "BUY"  # the order sells
    report = ledger.load("binance-futures-reports", json.dumps([fill, new]), "r.json")
    assert ledger.reasons() == [(1, "contradicts_order")]
    assert report.appended["orders"] == 1


def test_a_symbol_that_is_another_contract_here(ledger: Ledger) -> None:
    declared = "symbol,base_currency,quote_currency,settlement_currency,multiplier,is_inverse\n"
    ledger.load("canonical-instruments", declared + "XBTUSD,XBT,USD,,,false\n")
    report = ledger.load_file("bitmex-orders", VENUES / "bitmex" / "bitmex-orders.json")
    assert (1, "contradicts_instrument") in ledger.reasons()
    assert "orders" not in report.appended


MAPPING = """-- Test.
--
-- shape: fill, cash
-- reads: json
-- venue: v

select {columns} from ingest_raw
"""


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("row_id, 'cash' as shape", "does not give item"),
        ("row_id, 0 as item", "does not give shape"),
        ("row_id, 0 as item, 'cash' as shape, 'x' as actor", "gives 'actor'"),
    ],
)
def test_a_mapping_that_says_too_little(
    duck: Ledger, tmp_path: Path, columns: str, said: str
) -> None:
    folder = tmp_path / "ingest"
    folder.mkdir()
    (folder / "mixed.sql").write_text(MAPPING.format(columns=columns), encoding="utf-8")
    duck.config = replace(duck.config, ingest_path=folder)
    with pytest.raises(ProjectError) as caught:
        duck.load("mixed", "[{}]", "m.json")
    assert said in caught.value.what
    assert caught.value.code == "R281"


def test_what_says_no_shape_of_the_header_is_of_the_first(duck: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "ingest"
    folder.mkdir()
    text = MAPPING.format(columns="row_id, 0 as item, 'order' as shape")
    (folder / "mixed.sql").write_text(text, encoding="utf-8")
    duck.load_file("canonical-accounts", GOLDEN / "canonical-accounts.csv")
    duck.config = replace(duck.config, ingest_path=folder)
    report = duck.load("mixed", "[{}]", "m.json")
    assert (report.read, report.quarantined) == (1, 1)
    assert "symbol is empty" in duck.rows("select reason from quarantine")[0][0]
