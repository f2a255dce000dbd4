"""Known answers of other systems, carried over into golden/*.yml, each with its source.

`method` is how lots are matched, of a case or of a file's: one, or several that must all give the
answer. `expect` names positions' columns, or lists: `matches` as quantity, open and close price
(direction, gross PnL), `lots` still open as quantity and price, `open` as the same after the number
of the opening fill, `disposals` as the numbers of the opening and the closing fill, quantity, cost
with its share of the opening fee, gain after all fees. Fills are numbered in matching order. A
figure is compared to its own decimals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.engines.base import Engine
from tests.conftest import ENGINES
from tests.models.facts import EPOCH, uid, write
from tests.models.harness import build, empty_ledger
from tests.oracle import Fill, Instrument, Tick

SPOT = {"kind": "SPOT", "base": "XXX", "quote": "USD", "settlement": "USD", "multiplier": "1"}


def cases() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(name, method, case)."""
    for file in sorted((Path(__file__).parent / "golden").glob("*.yml")):
        stated = yaml.safe_load(file.read_text())
        for case in stated["cases"]:
            methods = case.get("method", stated.get("method"))
            for method in methods if isinstance(methods, list) else [methods]:
                yield f"{file.stem}-{case['case']}-{method}", method, case


def facts(name: str, case: dict[str, Any]) -> tuple[Instrument, list[Fill], list[Tick]]:
    """A case is an account that trades an instrument, both named for it."""
    terms = {**SPOT, **case.get("instrument", {})}
    instrument = Instrument(
        name, terms["kind"], terms["base"], terms["quote"], terms["settlement"],
        Decimal(str(terms["multiplier"])),
    )  # fmt: skip
    fills = []
    ordered = sorted(enumerate(case["fills"]), key=lambda pair: (pair[1][0], pair[0]))
    for n, (_, (_, side, quantity, price, fee, currency)) in enumerate(ordered):
        # up to three of one moment, which the venue's own numbers keep in order
        at = EPOCH + timedelta(seconds=n // 3)
        fills.append(
            Fill(
                uid(name, n), uid("order", name, n), name, name, side, Decimal(quantity),
                Decimal(price), Decimal(fee), currency, at, at, venue_id=str(n),
            )
        )  # fmt: skip
    marks = [Tick(name, Decimal(case["mark"]), EPOCH, uid("tick", name))] if "mark" in case else []
    return instrument, fills, marks


@pytest.fixture(scope="module", params=ENGINES)
def golden(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """All cases in one ledger."""
    ledger = empty_ledger(request.param)
    instruments, fills, marks = zip(*(facts(name, case) for name, _, case in cases()), strict=True)
    write(ledger, list(instruments), list(chain(*fills)), chain(*marks))
    methods = {name: method for name, method, _ in cases()}
    yield build(ledger, ["positions", "open_lots", "lot_matches"], methods=methods)
    ledger.close()


@pytest.mark.parametrize(("name", "case"), [pytest.param(n, c, id=n) for n, _, c in cases()])
def test_golden(golden: Engine, name: str, case: dict[str, Any]) -> None:
    for figure, expected in case["expect"].items():
        found = actual(golden, name, figure, expected)
        if isinstance(expected, list):
            # beancount lists lots as they were stated, not by date
            assert sorted(map(to_decimals(expected), found)) == sorted(
                tuple(str(v) if is_word(v) else Decimal(v) for v in row) for row in expected
            ), figure
        else:
            assert rounded(found[0][0], expected) == Decimal(expected), figure


def actual(ledger: Engine, name: str, figure: str, expected: Any) -> list[Any]:
    lists = {
        "matches": "quantity, open_price, close_price, direction, gross_pnl from lot_matches",
        "lots": "quantity, open_price from open_lots",
        "open": "fill_id, quantity, open_price from open_lots",
        "disposals": "opening_fill_id, closing_fill_id, quantity, "
        "quantity * open_price + opening_fee, net_pnl from lot_matches",
    }
    selected = lists.get(figure, f"{figure} from positions")
    rows = ledger.query(f"select {selected} where account_id = '{name}'").rows
    width = len(expected[0]) if isinstance(expected, list) and expected else None
    numbers = {uid(name, n): Decimal(n) for n in range(20)}
    return [tuple(numbers.get(str(value), value) for value in row[:width]) for row in rows]


def is_word(value: Any) -> bool:
    return value in ("LONG", "SHORT")


def rounded(value: Decimal, like: str) -> Decimal:
    places = -int(Decimal(like).as_tuple().exponent)
    return value.quantize(Decimal(1).scaleb(-max(places, 0)), rounding=ROUND_HALF_UP)


def to_decimals(expected: list[list[Any]]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """A row's figures at the most decimals that its column states anywhere."""
    columns = list(zip(*expected, strict=True))
    longest = [
        None if is_word(c[0]) else min((Decimal(v) for v in c), key=lambda d: d.as_tuple().exponent)
        for c in columns
    ]

    def convert(row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(
            value if like is None else rounded(value, str(like))
            for value, like in zip(row, longest, strict=True)
        )

    return convert
