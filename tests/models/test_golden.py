"""Known answers of other systems, carried over into golden/*.yml, each with its source.

`expect` names positions' columns, or lists in matching order: `matches` as quantity, open and close
price (direction, gross PnL), `lots` still open as quantity and price, `costs` of what was closed as
quantity and cost with its share of the opening fee. A figure is compared to its own decimals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.engines.base import Engine
from tests.models.facts import EPOCH, uid, write
from tests.oracle import Fill, Instrument, Tick

Build = Callable[..., Engine]
SPOT = {"kind": "SPOT", "base": "XXX", "quote": "USD", "settlement": "USD", "multiplier": "1"}


def cases() -> Iterator[Any]:
    for file in sorted((Path(__file__).parent / "golden").glob("*.yml")):
        for case in yaml.safe_load(file.read_text())["cases"]:
            yield pytest.param(case, id=f"{file.stem}-{case['case']}")


def facts(case: dict[str, Any]) -> tuple[list[Instrument], list[Fill], list[Tick]]:
    terms = {**SPOT, **case.get("instrument", {})}
    instrument = Instrument(
        "I", terms["kind"], terms["base"], terms["quote"], terms["settlement"],
        Decimal(str(terms["multiplier"])),
    )  # fmt: skip
    fills = []
    ordered = sorted(enumerate(case["fills"]), key=lambda pair: (pair[1][0], pair[0]))
    for n, (_, (_, side, quantity, price, fee, currency)) in enumerate(ordered):
        at = EPOCH + timedelta(seconds=n)
        fills.append(
            Fill(
                uid("fill", n), uid("order", n), "A", "I", side, Decimal(quantity), Decimal(price),
                Decimal(fee), currency, at, at,
            )
        )  # fmt: skip
    marks = [Tick("I", Decimal(case["mark"]), EPOCH, uid("tick"))] if "mark" in case else []
    return [instrument], fills, marks


@pytest.mark.parametrize("case", list(cases()))
def test_golden(build: Build, ledger: Engine, case: dict[str, Any]) -> None:
    write(ledger, *facts(case))
    build(ledger, "positions", "open_lots", "lot_matches")
    for name, expected in case["expect"].items():
        found = actual(ledger, name, expected)
        if isinstance(expected, list):
            # beancount lists lots as they were stated, not by date
            assert sorted(map(to_decimals(expected), found)) == sorted(
                tuple(str(v) if is_word(v) else Decimal(v) for v in row) for row in expected
            ), name
        else:
            assert rounded(found[0][0], expected) == Decimal(expected), name


def actual(ledger: Engine, name: str, expected: Any) -> list[Any]:
    queries = {
        "matches": "select quantity, open_price, close_price, direction, gross_pnl "
        "from lot_matches",
        "lots": "select quantity, open_price from open_lots",
        "costs": "select quantity, quantity * open_price + opening_fee from lot_matches",
    }
    rows = ledger.query(queries.get(name, f"select {name} from positions")).rows
    width = len(expected[0]) if isinstance(expected, list) and expected else None
    return [row[:width] for row in rows]


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
