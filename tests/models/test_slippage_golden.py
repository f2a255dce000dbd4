"""Known answers of other systems and textbooks, golden/execution/*.yml, each with its source.

A figure is compared to its own decimals.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ENGINES
from tests.execution_oracle import Order, Quote
from tests.models.facts import EPOCH, read, uid
from tests.models.harness import build, empty_ledger
from tests.models.order_histories import write_orders
from tests.oracle import Fill, Instrument


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted((Path(__file__).parent / "golden" / "execution").glob("*.yml")):
        for case in yaml.safe_load(file.read_text())["cases"]:
            yield f"{file.stem}-{case['case']}", case


def at(second: int) -> datetime:
    return EPOCH + timedelta(seconds=second)


def quotes(name: str, case: dict[str, Any]) -> Iterator[Quote]:
    for second, mid in case.get("mids", []):
        yield Quote(name, Decimal(mid), Decimal(mid), at(second))
    for second, bid, ask in case.get("quotes", []):
        yield Quote(name, Decimal(bid), Decimal(ask), at(second))


def order(name: str, case: dict[str, Any]) -> Order:
    """A case is an order of an account in an instrument, all named for it."""
    requested, cancelled = case.get("requested"), case.get("cancelled")
    return Order(
        uid(name), name, name, case["side"], Decimal(case["quantity"]), at(case["sent"]),
        None if requested is None else uid("request", name),
        None if requested is None else at(requested),
        terminal=None if cancelled is None else "CANCELLED",
        terminal_at=None if cancelled is None else at(cancelled),
    )  # fmt: skip


def fills(name: str, case: dict[str, Any]) -> Iterator[Fill]:
    for whose in ("fills", "others"):
        for n, (second, price, quantity, fee) in enumerate(case.get(whose, [])):
            order_id = uid(name) if whose == "fills" else uid(name, "others")
            yield Fill(
                uid(name, whose, n), order_id, name, name, case["side"], Decimal(quantity),
                Decimal(price), Decimal(fee), "USD", at(second), at(second),
            )  # fmt: skip


@pytest.fixture(scope="module", params=ENGINES)
def measured(request: pytest.FixtureRequest) -> dict[Any, dict[str, Any]]:
    """All cases in one ledger."""
    listed = list(cases())
    others = [
        Order(uid(name, "others"), name, name, case["side"], None, at(0))
        for name, case in listed
        if "others" in case
    ]
    ledger = empty_ledger(request.param)
    try:
        write_orders(
            ledger,
            [Instrument(name, "SPOT", "XXX", "USD", "USD") for name, _ in listed],
            [quote for name, case in listed for quote in quotes(name, case)],
            [order(name, case) for name, case in listed] + others,
            [fill for name, case in listed for fill in fills(name, case)],
        )
        build(ledger, ["order_slippage"])
        return read(ledger, "order_slippage", ("order_id",))
    finally:
        ledger.close()


@pytest.mark.parametrize(("name", "case"), [pytest.param(n, c, id=n) for n, c in cases()])
def test_golden(measured: dict[Any, dict[str, Any]], name: str, case: dict[str, Any]) -> None:
    row = measured[uid(name)]
    found = {figure: to_decimals_of(row[figure], like) for figure, like in case["expect"].items()}
    assert found == {figure: Decimal(value) for figure, value in case["expect"].items()}


def to_decimals_of(value: Decimal, like: str) -> Decimal:
    places = -int(Decimal(like).as_tuple().exponent)
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
