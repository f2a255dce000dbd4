"""Equity at any moment: a day worked out by hand, and ledgers that end at the moment."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.engines.base import Engine
from runner.errors import RunnerError
from tests.models.facts import EPOCH, read, uid, write
from tests.models.harness import build, empty_ledger
from tests.models.histories import INSTRUMENTS
from tests.models.test_performance_property import ACCOUNTS, EXAMPLES, Week
from tests.oracle import Fill, Funding, Instrument, Ledger, Tick
from tests.oracle_performance import Performance

HOUR = timedelta(hours=1)
LINEAR = Instrument("LIN", "LINEAR", "XXX", "USD", "USD", Decimal(10))
INVERSE = Instrument("INV", "INVERSE", "XXX", "USD", "XXX", Decimal(100))


def fill(
    n: int, book: Instrument, side: str, quantity: int, price: int, fee: str, hour: int
) -> Any:
    at = EPOCH + hour * HOUR
    return Fill(
        uid("fill", n), uid("order", n), "A", book.instrument_id, side, Decimal(quantity),
        Decimal(price), Decimal(fee), book.settlement, at, at,
    )  # fmt: skip


# 2 bought at 100 at 1:00, 3 sold at 110 at 3:00, so 2 * 10 * 10 are realised and 1 is short at 110;
# 100 contracts of 100 USD bought at 50 at 2:00. Marks: LIN 104 at 2:00, 95 at 4:00; INV 40 at 4:00.
DAY = [
    # moment, book, quantity, mark, gross, fees, funding, unrealised, equity, reason
    ("00:59:59", []),
    ("01:00", [("LIN", 2, None, 0, 1, 0, None, None, "POSITION_WITHOUT_MARK")]),
    (
        "02:00",
        [
            ("INV", 100, None, 0, "0.5", 0, None, None, "POSITION_WITHOUT_MARK"),
            ("LIN", 2, 104, 0, 1, 0, 80, 79, None),
        ],
    ),
    (
        "03:30",
        [
            ("INV", 100, None, 0, "0.5", 0, None, None, "POSITION_WITHOUT_MARK"),
            ("LIN", -1, 104, 200, "-2", -4, 60, 258, None),
        ],
    ),
    (
        "04:00",
        [
            ("INV", 100, 40, 0, "0.5", 0, -50, "-50.5", None),
            ("LIN", -1, 95, 200, "-2", -4, 150, 348, None),
        ],
    ),
]


@pytest.mark.parametrize("method", ["fifo", "average"])
def test_a_day_by_hand(ledger: Engine, method: str) -> None:
    fills = [
        fill(1, LINEAR, "BUY", 2, 100, "1", 1),
        fill(2, INVERSE, "BUY", 100, 50, "0.5", 2),
        fill(3, LINEAR, "SELL", 3, 110, "-3", 3),
    ]
    ticks = [
        Tick(name, Decimal(mid), EPOCH + hour * HOUR, uid(name, hour))
        for name, mid, hour in (("LIN", 104, 2), ("LIN", 95, 4), ("INV", 40, 4))
    ]
    paid = [Funding("A", "LIN", Decimal(-4), "USD", EPOCH + 3.5 * HOUR, uid("funding"))]
    write(ledger, [LINEAR, INVERSE], fills, ticks, paid)
    for moment, expected in DAY:
        at = f"{EPOCH:%Y-%m-%d} {moment}"
        build(ledger, ["book_equity"], {"equity_at": at, "pnl_method": method})
        found = ledger.query(
            "select symbol, quantity, mark_price, realized_gross_pnl, fees_paid, funding, "
            "unrealized_pnl, equity, equity_reason from book_equity order by symbol"
        ).rows
        exact = [
            (n, *(None if v is None else Decimal(v) for v in r), why) for n, *r, why in expected
        ]
        assert list(found) == exact, moment


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9), length=st.integers(5, 40))
def test_a_moment_is_where_a_ledger_that_ends_there_stands(
    engine_name: str, seed: int, length: int
) -> None:
    history = Week(seed, length, ACCOUNTS)
    moments = [EPOCH + 6 * n * HOUR for n in Random(seed).sample(range(28), 3)]
    engine = empty_ledger(engine_name)
    try:
        write(engine, INSTRUMENTS, history.fills, history.ticks, history.funding, lots=history.lots)
        chosen = ", ".join(f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in moments)
        build(engine, ["book_equity"], {"equity_at": chosen}, history.methods)
        key = ("account_id", "instrument_id", "equity_at")
        found = read(engine, "book_equity", key)
    finally:
        engine.close()
    count = 0
    for moment in moments:
        fills, lots = (
            [f for f in of if f.executed_at <= moment] for of in (history.fills, history.lots)
        )
        ticks = [t for t in history.ticks if t.event_at <= moment]
        funding = [p for p in history.funding if p.occurred_at <= moment]
        ended = Ledger(INSTRUMENTS, fills, ticks, funding, lots, history.methods)
        last: dict[Any, dict[str, Any]] = {}
        for (*book, _), row in Performance(ended, fills, history.reporting).daily_pnl().items():
            last[tuple(book)] = row  # days are in order
        for (account, instrument), row in last.items():
            at = found[account, instrument, str(moment)]
            count += 1
            assert {
                "position_quantity": at["quantity"],
                "cumulative_net_pnl": at["net_pnl"],
                "unrealized_pnl": at["unrealized_pnl"],
                "equity": at["equity"],
                "equity_reason": at["equity_reason"],
            }.items() <= row.items()
    assert count == len(found)


def test_what_is_no_moment_is_refused(engine_name: str) -> None:
    with pytest.raises(RunnerError, match="equity_at is 'noon'; it is a moment, such as"):
        build(empty_ledger(engine_name), ["book_equity"], {"equity_at": "noon"})


def test_moments_may_say_their_offset(engine_name: str) -> None:
    """YAML reads a single one itself; what it takes for text means the same."""
    engine = empty_ledger(engine_name)
    try:
        write(engine, INSTRUMENTS, Week(3, 20, ACCOUNTS).fills)
        found = []
        for moments in (
            "2026-01-03T19:00:00Z",
            "2026-01-03T14:00:00-05:00",
            "2026-01-03T14:00-05:00",
            "2026-01-03 21:00+02, 2026-01-03T14:00:00-0500",
        ):
            build(engine, ["book_equity"], {"equity_at": moments})
            found.append(list(engine.query("select * from book_equity order by 1, 2, 3").rows))
        assert found[0] and all(rows == found[0] for rows in found)
    finally:
        engine.close()
