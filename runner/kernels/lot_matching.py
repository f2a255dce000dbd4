"""Lots matched one fill after the other: first, last or highest in first out, or at average cost.

All but the first depend on all that came before in their book, fill by fill, so this is a loop and
not a query. First in, first out has a set-based form too (models/pnl/int_lot_segments), which
ledgers are built with; here it stands beside the others, to be compared with them.

Quantities, prices and fees are counts of 10^-12. Nothing is rounded but a share of a pool, and what
inverse contracts are worth in base units, both half away from zero; what is left of a pool stays in
it, so its shares add up to it exactly.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from itertools import groupby
from operator import itemgetter
from typing import Any

from runner.kernels import Kernel, Row

FIFO, LIFO, HIFO, AVERAGE = 0, 1, 2, 3
ONE = 10**12
_NONE = (None, None)  # no stretch of a fill, or no pool

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
    ("method", "integer"),
)


def match(rows: Iterable[Row]) -> Iterator[Row]:
    """Matches and open lots of each book; `rows` as INPUTS, by book, in matching order.

    `quantity` is signed: what a fill adds to the book.

    A match names a buy and a sell; an open lot only the one that opened it. `…_from` and `…_to`
    tell where in the fill's own units the matched stretch lies. An average-cost row has
    `pool_cost` and `pool_fee` instead of the stretch of its opening fill: what the closed units
    cost (counts of 10^-24 quote units; of base units where inverse) and their part of the fees of
    all that opened the position. `pool_fee` is None where a fee is unknown.
    """
    for (_, method), book in groupby(rows, key=itemgetter(0, 1)):
        if method == AVERAGE:
            yield from _average(book)
        else:
            yield from _by_lot(book, _LOTS[method](), method)


class _Oldest:
    """Open lots, the oldest first: first in, first out."""

    def __init__(self) -> None:
        self.lots: deque[list[int]] = deque()

    def push(self, lot: list[int], price: int) -> None:
        self.lots.append(lot)

    def next(self) -> list[int] | None:
        return self.lots[0] if self.lots else None

    def pop(self) -> list[int]:
        return self.lots.popleft()


class _Newest(_Oldest):
    """Open lots, the newest first: last in, first out."""

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


_LOTS: dict[int, type[_Oldest] | type[_Highest]] = {
    FIFO: _Oldest,
    LIFO: _Newest,
    HIFO: _Highest,
}


def _by_lot(book: Iterator[Any], lots: _Oldest | _Highest, method: int) -> Iterator[Row]:
    """One loop for every method that closes whole lots; a lot is [fill_key, size, taken]."""
    next_lot, push, pop = lots.next, lots.push, lots.pop  # looked up once a book
    is_long = True
    book_key = 0
    for book_key, _, _, _, key, quantity, price, _ in book:
        is_buy = quantity > 0
        size = quantity if is_buy else -quantity
        done = 0
        while done < size and is_long != is_buy and (lot := next_lot()) is not None:
            opener, opened, taken = lot
            part = min(size - done, opened - taken)
            upto, done_upto = taken + part, done + part
            if is_long:
                yield (
                    book_key, opener, key, part, taken, upto, done, done_upto, None, None, method
                )  # fmt: skip
            else:
                yield (
                    book_key, key, opener, part, done, done_upto, taken, upto, None, None, method
                )  # fmt: skip
            done = done_upto
            lot[2] = upto
            if upto == opened:
                pop()
        if done < size:
            is_long = is_buy
            push([key, size, done], price)
    while next_lot() is not None:
        opener, size, taken = pop()
        left = size - taken
        if is_long:
            yield (book_key, opener, None, left, taken, size, *_NONE, *_NONE, method)
        else:
            yield (book_key, None, opener, left, *_NONE, taken, size, *_NONE, method)


def _average(book: Iterator[Any]) -> Iterator[Row]:
    """One pool a position: a closing fill takes its part of what the open units cost."""
    is_long = True
    book_key = opener = held = cost = 0
    fees: int | None = 0
    for book_key, _, is_inverse, multiplier, key, quantity, price, fee in book:
        if not quantity:  # all of it went to a fee in kind
            continue
        is_buy = quantity > 0
        opened = size = quantity if is_buy else -quantity
        if held and is_long != is_buy:
            if size < held:
                closed = size
                cost_out = share(cost, closed, held)
                fees_out = None if fees is None else share(fees, closed, held)
            else:
                closed, cost_out, fees_out = held, cost, fees
            if is_long:
                yield (
                    book_key, opener, key, closed, None, None, 0, closed,
                    cost_out, fees_out, AVERAGE,
                )  # fmt: skip
            else:
                yield (
                    book_key, key, opener, closed, 0, closed, None, None,
                    cost_out, fees_out, AVERAGE,
                )  # fmt: skip
            held -= closed
            cost -= cost_out
            fees = None if fees is None or fees_out is None else fees - fees_out
            opened -= closed
            if not opened:
                continue
            if fee is not None:
                fee -= share(fee, closed, size)
        if not held:
            is_long, opener, cost, fees = is_buy, key, 0, 0
        contracts = opened if multiplier == ONE else share(opened, multiplier, ONE)
        cost += share(contracts, ONE * ONE, price) if is_inverse else contracts * price
        fees = None if fees is None or fee is None else fees + fee
        held += opened
    if held and is_long:
        yield (book_key, opener, None, held, *_NONE, *_NONE, cost, fees, AVERAGE)
    elif held:
        yield (book_key, None, opener, held, *_NONE, *_NONE, cost, fees, AVERAGE)


def share(amount: int, part: int, whole: int) -> int:
    """amount * part / whole, rounded half away from zero.

    >>> share(10, 1, 4), share(-10, 1, 4), share(7, 1, 3)
    (3, -3, 2)
    """
    doubled = 2 * amount * part
    if whole < 0:
        doubled, whole = -doubled, -whole
    if doubled < 0:
        return -((whole - doubled) // (2 * whole))
    return (doubled + whole) // (2 * whole)


KERNEL = Kernel(
    "lot_matching", INPUTS, ("book_key", "method", "executed_at", "place_in_moment"), OUTPUTS, match
)
