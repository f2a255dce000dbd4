"""Known answers for trades, statistics and equity, carried over into golden/performance/*.yml.

Each file says what it states and where that comes from. A figure is compared to its own decimals.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.engines.base import Engine
from tests.conftest import ENGINES
from tests.models.facts import EPOCH, uid, write
from tests.models.harness import build, empty_ledger
from tests.oracle import Fill, Instrument, Tick

FOLDER = Path(__file__).parent / "golden" / "performance"
METHODS = ("fifo", "lifo", "hifo", "average")


def stated(file: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load((FOLDER / f"{file}.yml").read_text())["cases"])


TRADES, STATISTICS, EQUITY = map(stated, ("lean_trades", "lean_statistics", "equity"))


class Facts:
    """One ledger for all cases: each is an account, with instruments of its own."""

    def __init__(self) -> None:
        self.instruments: dict[str, Instrument] = {}
        self.fills: list[Fill] = []
        self.ticks: list[Tick] = []

    def fill(
        self, account: str, name: str, at: datetime, *terms: str, kind: str = "LINEAR"
    ) -> None:
        side, quantity, price, fee = terms
        settlement = "XXX" if kind == "INVERSE" else "USD"
        self.instruments[name] = Instrument(name, kind, "XXX", "USD", settlement)
        number = len(self.fills)
        self.fills.append(
            Fill(
                uid("fill", number), uid("order", number), account, name, side, Decimal(quantity),
                Decimal(price), Decimal(fee), settlement, at, at,
            )
        )  # fmt: skip

    def tick(self, name: str, at: datetime, mid: str) -> None:
        self.ticks.append(Tick(name, Decimal(mid), at, uid("tick", len(self.ticks))))


def facts() -> Facts:
    made = Facts()
    for case in TRADES:
        for method in METHODS:
            name = f"{case['test']} {method}"
            for n, event in enumerate(case["events"]):
                at = EPOCH + timedelta(minutes=n)
                if isinstance(event, str):
                    made.tick(name, at, event)
                else:
                    made.fill(name, name, at, *event)
    for case in STATISTICS:
        for n, (direction, quantity, *trade) in enumerate(case["trades"]):
            entry, exit_, opened, closed, lowest, highest = trade
            name, sides = f"{case['test']} {n}", ("BUY", "SELL")
            if direction == "SHORT":
                sides = ("SELL", "BUY")
            start, end = (EPOCH + timedelta(minutes=minute) for minute in (opened, closed))
            made.fill(case["test"], name, start, sides[0], quantity, entry, "0")
            made.tick(name, start, lowest)  # a tick of the very moment counts
            made.tick(name, end, highest)
            made.fill(case["test"], name, end, sides[1], quantity, exit_, "0")
    for case in EQUITY:
        for n, day in enumerate(case["days"]):
            at, name = EPOCH + timedelta(days=n), case["case"]
            for terms in day.get("fills", []):
                made.fill(name, name, at, *terms, kind=case.get("kind", "LINEAR"))
            if "mark" in day:
                made.tick(name, at + timedelta(hours=23), day["mark"])
    return made


@pytest.fixture(scope="module", params=ENGINES)
def golden(request: pytest.FixtureRequest) -> Iterator[Engine]:
    ledger, made = empty_ledger(request.param), facts()
    write(ledger, list(made.instruments.values()), made.fills, made.ticks)
    methods = {f"{case['test']} {m}": m for case in TRADES for m in METHODS if m != "fifo"}
    yield build(ledger, ["trades", "account_statistics"], methods=methods)
    ledger.close()


def assert_rows(ledger: Engine, query: str, expected: list[list[Any]]) -> None:
    found = ledger.query(query).rows
    assert [
        [like(v, e) for v, e in zip(*pair, strict=True)]
        for pair in zip(found, expected, strict=True)
    ] == [[like(e, e) for e in row] for row in expected]


def like(value: Any, expected: Any) -> Any:
    """The value at the decimals of what is expected."""
    try:
        places = Decimal(expected).as_tuple().exponent
    except (ArithmeticError, TypeError):
        return value
    if value is None:
        return None
    step = Decimal(1).scaleb(min(int(places), 0))
    return Decimal(value).quantize(step, rounding=ROUND_HALF_UP)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", TRADES, ids=lambda case: case["test"])
def test_trades(golden: Engine, case: dict[str, Any], method: str) -> None:
    """However lots are matched, a trade comes to the same."""
    assert_rows(
        golden,
        "select direction, entry_quantity, entry_price, exit_price, gross_pnl, fees, mae, mfe "
        f"from trades where account_id = '{case['test']} {method}' order by trade_number",
        case["trades"],
    )


@pytest.mark.parametrize("case", STATISTICS, ids=lambda case: case["test"])
def test_statistics(golden: Engine, case: dict[str, Any]) -> None:
    assert_rows(
        golden,
        f"select {', '.join(case['expect'])} from account_statistics "
        f"where account_id = '{case['test']}'",
        [list(case["expect"].values())],
    )


@pytest.mark.parametrize("case", EQUITY, ids=lambda case: case["case"])
def test_equity(golden: Engine, case: dict[str, Any]) -> None:
    where = f"where account_id = '{case['case']}'"
    assert_rows(
        golden,
        f"select {', '.join(case['expect'])} from daily_pnl {where} order by pnl_date desc limit 1",
        [list(case["expect"].values())],
    )
    (days,) = golden.query(f"select count(*) from daily_pnl {where}").rows
    assert days == (len(case["days"]),)
    if "statistics" in case:
        expected = [
            (EPOCH + timedelta(days=v)).date() if isinstance(v, int) else v
            for v in case["statistics"].values()
        ]
        assert_rows(
            golden,
            f"select {', '.join(case['statistics'])} from account_statistics {where}",
            [expected],
        )
