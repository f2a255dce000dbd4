"""Records inside an API's answer: found in whatever way answers were kept, none lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.ingest.conftest import Ledger

TRADE = {
    "ordertxid": "O1", "pair": "XBTUSDT", "time": "1688585840.8921", "type": "buy",
    "price": "29500.50", "fee": "23.60", "vol": "0.5", "maker": True,
}  # fmt: skip


def answer(*numbers: int, **changes: Any) -> dict[str, Any]:
    trades = {f"T{n}": TRADE | {"ordertxid": f"O{n}"} | changes for n in numbers}
    return {"error": [], "result": {"trades": trades, "count": len(trades)}}


def test_however_answers_are_kept(duck: Ledger) -> None:
    first, second = answer(1, 2), answer(2, 3)
    whole = duck.load("kraken-trades", json.dumps(answer(1, 2, 3), indent=2), "a.json")
    assert (whole.read, whole.appended["order_fills"]) == (3, 3)
    for content, rows in (
        (json.dumps([first, second]), 4),
        (json.dumps(first) + "\n\n  " + json.dumps(second) + "\r\n", 4),
        (json.dumps(first["result"]), 2),
        (json.dumps(first["result"]["trades"]), 2),
        (json.dumps({"error": [], "result": first["result"]["trades"]}), 2),
        (json.dumps([{"txid": "T3", **TRADE, "ordertxid": "O3"}]), 1),
    ):
        again = duck.load("kraken-trades", content, "b.json")
        assert (again.read, again.duplicates, again.batch_id) == (rows, rows, None), content


def test_no_record_in_it_is_not_lost(duck: Ledger) -> None:
    refusal = {"error": ["EAPI:Invalid nonce"]}
    content = [refusal, {}, answer(), answer(1), answer(2, vol="x"), {"result": {"trades": None}}]
    report = duck.load("kraken-trades", json.dumps(content), "a.json")
    assert (report.read, report.quarantined) == (5, 4)
    kept = duck.rows("select line_number, reason_code, raw from quarantine order by 1")
    assert [row[:2] for row in kept] == [
        (1, "missing"), (2, "missing"), (4, "not_a_number"), (5, "missing"),
    ]  # fmt: skip
    assert json.loads(kept[0][2]) == refusal
    # what is kept of a record reads again, its key with it
    again = duck.load("kraken-trades", kept[2][2], "b.json")
    assert (again.read, again.quarantined, again.batch_id) == (1, 1, None)


@pytest.mark.parametrize("literal, code", [("0.30000000000000004", "binary_float"), ("0.3", None)])
def test_a_float_is_its_own_records(duck: Ledger, literal: str, code: str | None) -> None:
    content = json.dumps(answer(1, 2, vol=0)).replace('"vol": 0', '"vol": 0.5', 1)
    report = duck.load("kraken-trades", content.replace('"vol": 0,', f'"vol": {literal},'), "a")
    assert report.appended["order_fills"] == (1 if code else 2)
    assert duck.reasons() == ([(2, code)] if code else [])


def test_seconds_with_decimals(duck: Ledger) -> None:
    times = ["1688585840.8921", "1688585840.5", "1688585840.1234569", "1688585840.", "168858584.5"]
    trades = [{"txid": f"T{n}", **TRADE, "time": time} for n, time in enumerate(times)]
    duck.load("kraken-trades", json.dumps(trades), "a.json")
    found = duck.rows("select cast(executed_at as varchar) from order_fills order by 1")
    assert [row[0][11:] for row in found] == [
        "19:37:20.123456", "19:37:20.5", "19:37:20.8921",
    ]  # fmt: skip
    assert duck.reasons() == [(4, "not_a_time"), (5, "not_a_time")]
