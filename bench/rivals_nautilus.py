"""NautilusTrader's side of bench/rivals.py: Position.apply. Runs in its own environment.

    python bench/rivals_nautilus.py ROWS.pickle RESULT.json

The same rows as bench/rivals_kernel.py has, as OrderFilled events made before the clock starts: of
the quantity that the fill adds to the book, and with its fee as a commission in the settlement
currency. A position lasts from flat to flat; a fill that turns one around is two events, as
NautilusTrader's execution engine makes it. The clock runs over making each Position of its first
event and applying the others. RESULT has `seconds`, `events`, `positions` and `books`: position
and realised PnL of each book, as text. NautilusTrader computes in doubles and rounds PnL to the
currency's decimals at every event.
"""

from __future__ import annotations

import gc
import json
import pickle
import sys
import time
from collections import defaultdict
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from nautilus_trader.core.uuid import UUID4
from nautilus_trader.model.enums import CurrencyType, LiquiditySide, OrderSide, OrderType
from nautilus_trader.model.events import OrderFilled
from nautilus_trader.model.identifiers import (
    AccountId,
    ClientOrderId,
    InstrumentId,
    PositionId,
    StrategyId,
    Symbol,
    TradeId,
    TraderId,
    VenueOrderId,
)
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Currency, Money, Price, Quantity
from nautilus_trader.model.position import Position

ONE = 10**12
SIZE_DECIMALS = 9
PRICE_DECIMALS = 2
QUOTE = Currency("USDT", 8, 0, "USDT", CurrencyType.CRYPTO)
BASE = Currency("BASE", 8, 0, "BASE", CurrencyType.CRYPTO)
TRADER, STRATEGY, EVENT = TraderId("T-1"), StrategyId("S-1"), UUID4()


def main() -> None:
    rows = pickle.loads(Path(sys.argv[1]).read_bytes())
    lives = [
        (book, *life)
        for book, fills in groupby(rows, key=itemgetter(0))
        for life in positions(fills)
    ]
    gc.collect()
    gc.freeze()  # so that no collection walks over the events
    made = []
    started = time.perf_counter()
    for _, instrument, first, rest in lives:
        position = Position(instrument, first)
        apply = position.apply
        for event in rest:
            apply(event)
        made.append(position)
    seconds = time.perf_counter() - started
    held: dict[int, Decimal] = defaultdict(Decimal)
    realized: dict[int, Decimal] = defaultdict(Decimal)
    for (book, *_), position in zip(lives, made, strict=True):
        held[book] += position.signed_decimal_qty()
        realized[book] += position.realized_pnl.as_decimal()
    result = {
        "seconds": seconds,
        "events": sum(1 + len(rest) for *_, rest in lives),
        "positions": len(lives),
        "books": {book: (str(held[book]), str(realized[book])) for book in held},
    }
    Path(sys.argv[2]).write_text(json.dumps(result))


def positions(fills: Any) -> list[tuple[CryptoPerpetual, OrderFilled, list[OrderFilled]]]:
    """The events of one book, by position: instrument, the first event and the rest."""
    lives: list[tuple[CryptoPerpetual, OrderFilled, list[OrderFilled]]] = []
    held = 0
    for n, (book, _, is_inverse, multiplier, _, quantity, price, fee) in enumerate(fills):
        if not lives:
            instrument = contract(book, bool(is_inverse), multiplier)
        flips = held and (held < 0) != (quantity < 0) and abs(quantity) > abs(held)
        for part in (-held, quantity + held) if flips else (quantity,):
            fee_part = (fee or 0) * part // quantity if flips and held else (fee or 0)
            event = filled(
                instrument, f"{book}-{n}", len(lives) + bool(not held), part, price, fee_part
            )
            if held:
                lives[-1][2].append(event)
            else:
                lives.append((instrument, event, []))
            held += part
            if flips:
                fee = (fee or 0) - fee_part
    return lives


def contract(book: int, is_inverse: bool, multiplier: int) -> CryptoPerpetual:
    name = f"B{book}"
    return CryptoPerpetual(
        InstrumentId.from_str(f"{name}.GEN"), Symbol(name), BASE, QUOTE,
        BASE if is_inverse else QUOTE, is_inverse, PRICE_DECIMALS, SIZE_DECIMALS,
        Price(0.01, PRICE_DECIMALS), Quantity(1e-9, SIZE_DECIMALS), 0, 0,
        multiplier=Quantity(multiplier / ONE, SIZE_DECIMALS),
    )  # fmt: skip


def filled(
    instrument: CryptoPerpetual, trade: str, position: int, quantity: int, price: int, fee: int
) -> OrderFilled:
    return OrderFilled(
        TRADER, STRATEGY, instrument.id, ClientOrderId(f"O-{trade}"), VenueOrderId(f"X-{trade}"),
        AccountId("GEN-1"), TradeId(trade), PositionId(f"P-{instrument.id}-{position}"),
        OrderSide.BUY if quantity > 0 else OrderSide.SELL, OrderType.LIMIT,
        Quantity(abs(quantity) / ONE, SIZE_DECIMALS), Price(price / ONE, PRICE_DECIMALS), QUOTE,
        Money(fee / ONE, instrument.settlement_currency), LiquiditySide.TAKER, EVENT, 0, 0,
    )  # fmt: skip


if __name__ == "__main__":
    main()
