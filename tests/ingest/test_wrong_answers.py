"""What is no page of a format's records: an error, another endpoint's page, an empty one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from runner.ingest.formats import formats
from runner.ingest.shapes.stated import Extent
from runner.ingest.statement import makes_facts
from tests.ingest.conftest import NOW, VENUES, Ledger

ERRORS: Mapping[str, Any] = {
    "binance": {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."},
    "bitmex": {"error": {"message": "Invalid API Key.", "name": "HTTPError"}},
    "bybit": {"retCode": 10003, "retMsg": "API key is invalid.", "result": {}, "time": 1},
    "ccxt": {"error": "not available"},
    "coinbase": {"error": "PERMISSION_DENIED", "code": 7, "message": "no", "details": []},
    "freqtrade": {"detail": "Unauthorized"},
    "kraken": {"error": ["EAPI:Invalid key"]},
    "kraken-futures": {"result": "error", "error": "authenticationError"},
    "kucoin": {"code": "400003", "msg": "KC-API-KEY not exists"},
    "kucoin-futures": {"code": "400003", "msg": "KC-API-KEY not exists"},
    "nautilus": {"detail": "Not Found"},
    "okx": {"code": "50111", "msg": "Invalid OK-ACCESS-KEY"},
}
# what each of them says went wrong
SAID = {
    "binance": "Invalid API-key, IP, or permissions for action.",
    "bitmex": "Invalid API Key.",
    "bybit": "API key is invalid.",
    "ccxt": "not available",
    "coinbase": "no",
    "freqtrade": "Unauthorized",
    "kraken": "EAPI:Invalid key",
    "kraken-futures": "authenticationError",
    "kucoin": "KC-API-KEY not exists",
    "kucoin-futures": "KC-API-KEY not exists",
    "nautilus": "Not Found",
    "okx": "Invalid OK-ACCESS-KEY",
}
# the lists of several endpoints of one venue are of the same records, and taken by either
ALIKE = {"okx-orders", "okx-order-updates"}


KNOWN = formats()
# venue and format of all that is read as an API answers it
ANSWERS = sorted(
    (path.parent.name, path.stem)
    for path in VENUES.glob("*/*.json")
    if not KNOWN[path.stem].has_columns
)


@pytest.mark.parametrize(("venue", "name"), ANSWERS)
def test_errors_and_pages_of_other_endpoints_are_set_aside(
    duck: Ledger, venue: str, name: str
) -> None:
    error = duck.folder / "error.json"
    error.write_text(json.dumps([ERRORS[venue], ERRORS[venue]]), encoding="utf-8")
    others = [
        VENUES / venue / f"{other}.json"
        for folder, other in ANSWERS
        if folder == venue and other != name and not {name, other} <= ALIKE
    ]
    stated = {} if makes_facts(KNOWN[name]) else {"extent": Extent(end=NOW)}
    report = duck.load_file(name, error, *others, **stated)
    assert report.appended == {}
    refused = dict(duck.rows("select source, count(*) from quarantine group by source"))
    assert refused.pop("error.json") == 2
    reasons = duck.rows("select distinct reason from quarantine where source = 'error.json'")
    assert [reason.partition(" The venue says: ")[2] for (reason,) in reasons] == [SAID[venue]]
    assert len(refused) == len(others)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bybit-orders", {"result": {"list": [{"a": 1}, {"a": 1}, {"b": 2}]}}),
        ("ccxt-orders", {"exchange": "x", "parsed": [{"a": 1}, {"a": 1}, {"b": 2}]}),
    ],
)
def test_each_order_without_an_id_is_set_aside(duck: Ledger, name: str, content: Any) -> None:
    report = duck.load(name, json.dumps(content), "page.json")
    assert (report.read, report.quarantined, report.appended) == (3, 3, {})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bitmex-wallet", []),
        ("bybit-transactions", {"retCode": 0, "retMsg": "OK", "result": {"list": []}}),
        ("coinbase-transactions", {"pagination": {}, "data": []}),
        ("kraken-ledgers", {"error": [], "result": {"ledger": {}, "count": 0}}),
        ("kucoin-ledgers", {"code": "200000", "data": {"items": []}}),
        ("kucoin-futures-funding", {"code": "200000", "data": {"dataList": []}}),
        ("okx-bills", {"code": "50111", "msg": "Invalid OK-ACCESS-KEY", "data": []}),
    ],
)
def test_an_empty_page_is_said_to_be_empty(duck: Ledger, name: str, content: Any) -> None:
    text = json.dumps(content, indent=1)
    report = duck.load(name, text, "empty.json")
    assert (report.read, report.batch_id) == (0, None)
    (warning,) = report.warnings
    shown = " ".join(text.split())
    assert warning == f"empty.json: no row was found in it; it begins '{shown}'"


@pytest.mark.parametrize("name", ["bybit-account", "coinbase-accounts", "kucoin-accounts"])
def test_an_account_without_a_balance_is_passed_over(duck: Ledger, name: str) -> None:
    """Of a whole answer that is one record."""
    page = {"accounts": [], "data": [], "result": {"list": []}}
    report = duck.load(name, json.dumps(page), "empty.json", extent=Extent(end=NOW))
    assert (report.read, report.passed_over, report.batch_id) == (0, 1, None)
    assert report.warnings == ["1 rows hold nothing that a ledger keeps: passed over"]


def test_the_same_account_told_by_itself(duck: Ledger) -> None:
    """Clients hand over the list inside of an answer: what it adds up to is the same."""
    for venue, name, key in (("kucoin", "kucoin-accounts", "data"),
                             ("coinbase", "coinbase-accounts", "accounts")):  # fmt: skip
        path: Path = VENUES / venue / f"{name}.json"
        accounts = json.loads(path.read_text(encoding="utf-8"))[0][key]
        duck.load(name, json.dumps({key: accounts}), "answer.json", extent=Extent(end=NOW))
        held = duck.rows("select currency, amount from statement_balances order by all")
        report = duck.load(name, json.dumps(accounts), "list.json", extent=Extent(end=NOW))
        assert report.appended == {} and report.read == len(accounts)
        assert duck.rows("select currency, amount from statement_balances order by all") == held
