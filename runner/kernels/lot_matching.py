"""Lots matched last in first out, highest in first out, or at average cost.

Each of these depends on all that came before it in its book, fill by fill, so it is a loop and not
a query. First in, first out is not here: it has a set-based form (models/pnl/int_lot_segments).

Quantities, prices and fees are counts of 10^-12. Nothing is rounded but a share of a pool, half
away from zero; what is left stays in the pool, so the shares of a pool add up to it exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from itertools import groupby
from operator import itemgetter
from typing import Any

from runner.kernels import Kernel, Row

LIFO, HIFO, AVERAGE = 1, 2, 3
ONE = 10**12

INPUTS = (
    "book_key", "method", "is_inverse", "multiplier", "fill_key", "quantity", "price", "fee",
)  # fmt: skip
OUTPUTS = (
    ("book_key", "integer"),
    ("buy_key", "bigint"),
    ("sell_key", "bigint"),
    ("quantity", "decimal(38, 0)"),
    ("buy_from", "decimal(38, 0)"),
    ("buy_to", "decimal(38, 0)"),
    ("sell_from", "decimal(38, 0)"),
    ("sell_to", "decimal(38, 0)"),
    ("pool_cost", "decimal(38, 0)"),
    ("pool_fee", "decimal(38, 0)"),
)


def match(rows: Iterable[Row]) -> Iterator[Row]:
    """Matches and open lots of each book; `rows` as INPUTS, by book, in matching order.

    `quantity` is signed: what a fill adds to the book.

    A match names a buy and a sell; an open lot only the one that opened it. `…_from` and `…_to`
    tell where in the fill's own units the matched stretch lies. An average-cost row has
    `pool_cost` and `pool_fee` instead of the stretch of its opening fill: what the closed units
    cost (counts of 10^-24 quote units, of 10^-12 base units where inverse) and their part of the
    fees of all that opened the position. `pool_fee` is None where a fee is unknown.
    """
    for (_, method), book in groupby(rows, key=itemgetter(0, 1)):
        if method == AVERAGE:
            yield from _average(book)
        else:
            yield from _by_lot(book, _Newest() if method == LIFO else _Highest())


class _Newest:
    """Open lots, the newest first: last in, first out."""

    def __init__(self) -> None:
        self.lots: list[list[int]] = []

    def push(self, lot: list[int], price: int) -> None:
        self.lots.append(lot)

    def next(self) -> list[int] | None:
        return self.lots[-1] if self.lots else None

    def pop(self) -> list[int]:
        return self.lots.pop()


class _Highest:
    """Open lots, the highest price first, long or short; of equals the oldest."""

    def __init__(self) -> None:
        self.lots: list[tuple[int, int, list[int]]] = []
        self.age = 0

    def push(self, lot: list[int], price: int) -> None:
        self.age += 1
        heappush(self.lots, (-price, self.age, lot))

    def next(self) -> list[int] | None:
        return self.lots[0][2] if self.lots else None

    def pop(self) -> list[int]:
        return heappop(self.lots)[2]


def _by_lot(book: Iterator[Any], lots: _Newest | _Highest) -> Iterator[Row]:
    """One loop for every method that closes whole lots; a lot is [fill_key, size, taken]."""
    is_long = True
    book_key = 0
    for book_key, _, _, _, key, quantity, price, _ in book:
        is_buy, size, done = quantity > 0, abs(quantity), 0
        while done < size and is_long != is_buy and (lot := lots.next()) is not None:
            opener, opened, taken = lot
            part = min(size - done, opened - taken)
            opening, closing = (taken, taken + part), (done, done + part)
            if is_long:
                yield (book_key, opener, key, part, *opening, *closing, None, None)
            else:
                yield (book_key, key, opener, part, *closing, *opening, None, None)
            done += part
            lot[2] += part
            if lot[2] == opened:
                lots.pop()
        if done < size:
            is_long = is_buy
            lots.push([key, size, done], price)
    while lots.next() is not None:
        opener, size, taken = lots.pop()
        if is_long:
            yield (book_key, opener, None, size - taken, taken, size, None, None, None, None)
        else:
            yield (book_key, None, opener, size - taken, None, None, taken, size, None, None)


def _average(book: Iterator[Any]) -> Iterator[Row]:
    """One pool a position: a closing fill takes its part of what the open units cost."""
    is_long = True
    book_key = opener = held = cost = 0
    fees: int | None = 0
    for book_key, _, is_inverse, multiplier, key, quantity, price, fee in book:
        is_buy, size = quantity > 0, abs(quantity)
        opened = size  # units that open, and their part of the fill's fee
        opening_fee = fee
        if held and is_long != is_buy:
            closed = size if size < held else held
            if closed == held:
                cost_out, fees_out = cost, fees
            else:
                cost_out = share(cost, closed, held)
                fees_out = None if fees is None else share(fees, closed, held)
            if is_long:
                yield (book_key, opener, key, closed, None, None, 0, closed, cost_out, fees_out)
            else:
                yield (book_key, key, opener, closed, 0, closed, None, None, cost_out, fees_out)
            held -= closed
            cost -= cost_out
            fees = None if fees is None or fees_out is None else fees - fees_out
            opened -= closed
            if opened:
                opening_fee = None if fee is None else fee - share(fee, closed, size)
        if opened:
            if not held:
                is_long, opener, cost, fees = is_buy, key, 0, 0
            contracts = opened if multiplier == ONE else share(opened, multiplier, ONE)
            cost += share(contracts, ONE, price) if is_inverse else contracts * price
            fees = None if fees is None or opening_fee is None else fees + opening_fee
            held += opened
    if held and is_long:
        yield (book_key, opener, None, held, None, None, None, None, cost, fees)
    elif held:
        yield (book_key, None, opener, held, None, None, None, None, cost, fees)


def share(amount: int, part: int, whole: int) -> int:
    """amount * part / whole, rounded half away from zero.

    >>> share(10, 1, 4), share(-10, 1, 4), share(7, 1, 3)
    (3, -3, 2)
    """
    product = amount * part
    if (product < 0) != (whole < 0):
        return -((2 * abs(product) + abs(whole)) // (2 * abs(whole)))
    return (2 * abs(product) + abs(whole)) // (2 * abs(whole))


KERNEL = Kernel("lot_matching", INPUTS, ("book_key", "executed_at", "fill_id"), OUTPUTS, match)
