"""Fills that are each within bounds and leave 38 digits together stop the build, by name."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from runner.engines.base import Engine
from runner.errors import RunnerError
from tests.models.facts import EPOCH, uid, write
from tests.models.harness import build
from tests.oracle import Fill, Instrument

BOOK = Instrument("XXX", "SPOT", "XXX", "USD", "USD")


@pytest.mark.parametrize("method", ["fifo", "lifo", "hifo", "average"])
def test_a_book_worth_more_than_38_digits_is_refused(ledger: Engine, method: str) -> None:
    fills = [
        Fill(
            uid("fill", n), uid("order", n), "A", "XXX", "BUY", Decimal(9 * 10**11), Decimal(11),
            Decimal(0), None, EPOCH + timedelta(hours=n), EPOCH,
        )
        for n in range(12)
    ]  # fmt: skip
    write(ledger, [BOOK], fills)
    with pytest.raises(RunnerError) as refused:
        build(ledger, ["positions", "daily_pnl"], {"pnl_method": method})
    assert refused.value.code in ("R312", "R331")
    assert "38" in str(refused.value)
    assert "appending a BUST" in str(refused.value.mend)
