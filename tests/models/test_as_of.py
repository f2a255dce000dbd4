"""`as_of` hides what the ledger learned later, corrections of earlier fills included."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from runner.engines.base import Engine
from tests.models.facts import EPOCH, read, uid, write
from tests.models.harness import build
from tests.oracle import Fill, Instrument

SPOT = Instrument("BTC-USDT", "SPOT", "BTC", "USDT", "USDT")


@pytest.mark.parametrize(
    ("as_of", "quantity"),
    [(None, "3"), ("2026-01-01 00:00:00", "1"), ("2026-01-01 00:00:10", "3"), ("2025-01-01", None)],
)
def test_as_of(ledger: Engine, as_of: str | None, quantity: str | None) -> None:
    first = Fill(
        uid("a"), uid("o"), "A", "BTC-USDT", "BUY", Decimal(1), Decimal(100), Decimal(0), None,
        EPOCH, EPOCH,
    )  # fmt: skip
    correction = Fill(
        uid("b"), uid("o"), "A", "BTC-USDT", "BUY", Decimal(3), Decimal(100), Decimal(0), None,
        EPOCH, EPOCH + timedelta(seconds=10), "CORRECTION", uid("a"),
    )  # fmt: skip
    write(ledger, [SPOT], [first, correction])
    build(ledger, ["positions"], {"as_of": as_of} if as_of else None)
    found = read(ledger, "positions", ("account_id", "instrument_id"))
    quantities = [row["quantity"] for row in found.values()]
    assert quantities == ([] if quantity is None else [Decimal(quantity)])
