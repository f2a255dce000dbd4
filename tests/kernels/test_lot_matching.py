"""The kernel alone, without a database, against the plain-decimal oracle on thousands of books."""

from __future__ import annotations

import doctest
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from runner.kernels import lot_matching
from runner.kernels.lot_matching import OUTPUTS, match
from tests.models.histories import INSTRUMENTS, METHODS, History
from tests.oracle import WIDE, Book, Ledger

ACCOUNTS = 40  # of about two books each, matched by four methods
NAMES = [name for name, _ in OUTPUTS]


def count(value: Decimal | None, places: int = 12) -> int | None:
    return None if value is None else int(value.scaleb(places, WIDE))


def rows(ledger: Ledger, books: list[Book]) -> Iterator[tuple[int | None, ...]]:
    """What the kernel is given: a fill's key is its place in its book."""
    for book_key, book in enumerate(books):
        i = book.instrument
        for key, fill in enumerate(book.fills):
            yield (
                book_key, METHODS.index(book.method), i.kind == "INVERSE", count(i.multiplier), key,
                count(ledger.change(fill)), count(fill.price), count(ledger.fee(fill)),
            )  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**9), length=st.integers(10, 40))
def test_kernel_agrees_with_the_oracle(seed: int, length: int) -> None:
    history = History(seed, length, ACCOUNTS)
    facts = (INSTRUMENTS, history.fills, history.ticks)
    for method in METHODS:
        ledger = Ledger(*facts, lots=history.lots, method=method)
        books = list(ledger.books.values())
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in match(rows(ledger, books)):
            made = dict(zip(NAMES, row, strict=True))
            found[made["book_key"]].append(made)
        for book_key, book in enumerate(books):
            check = assert_pool if method == "average" else assert_lots
            check(ledger, book, found[book_key])


def ends(row: dict[str, Any]) -> tuple[int, int]:
    """Keys of the opening and the closing fill of a match."""
    return min(row["buy_key"], row["sell_key"]), max(row["buy_key"], row["sell_key"])


def is_match(row: dict[str, Any]) -> bool:
    return row["buy_key"] is not None and row["sell_key"] is not None


def assert_lots(ledger: Ledger, book: Book, found: list[dict[str, Any]]) -> None:
    keys = {fill.fill_id: key for key, fill in enumerate(book.fills)}
    assert [(*ends(row), row["quantity"]) for row in found if is_match(row)] == [
        (keys[m.opening.fill_id], keys[m.closing.fill_id], count(m.quantity)) for m in book.matches
    ]
    assert {
        row["buy_key"] if row["sell_key"] is None else row["sell_key"]: row["quantity"]
        for row in found
        if not is_match(row)
    } == {keys[lot.fill.fill_id]: count(lot.left) for lot in book.lots}
    # what is matched and open of a fill tiles it
    stretches: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in found:
        for side in ("buy", "sell"):
            if row[f"{side}_key"] is not None:
                stretch = (row[f"{side}_from"], row[f"{side}_to"])
                stretches[row[f"{side}_key"]].append(stretch)
                assert stretch[1] - stretch[0] == row["quantity"] > 0
    for key, fill in enumerate(book.fills):
        size = abs(ledger.change(fill))
        tiles = [(0, 0), *sorted(stretches[key]), (count(size), count(size))]
        assert all(before[1] == after[0] for before, after in pairwise(tiles))


def assert_pool(ledger: Ledger, book: Book, found: list[dict[str, Any]]) -> None:
    keys = {fill.fill_id: key for key, fill in enumerate(book.fills)}
    expected = [
        (
            keys[m.opening.fill_id],
            keys[m.closing.fill_id],
            count(m.quantity),
            count(m.cost, 24),
            count(m.opening_fee),
        )
        for m in book.matches
    ]
    matches = [row for row in found if is_match(row)]
    assert [
        (*ends(row), row["quantity"], row["pool_cost"], row["pool_fee"]) for row in matches
    ] == expected
    for row in matches:
        closing = "buy" if row["buy_key"] > row["sell_key"] else "sell"
        assert (row[f"{closing}_from"], row[f"{closing}_to"]) == (0, row["quantity"])
    left = [row for row in found if not is_match(row)]
    assert [
        (
            row["buy_key"] if row["sell_key"] is None else row["sell_key"],
            row["quantity"],
            row["pool_cost"],
            row["pool_fee"],
        )
        for row in left
    ] == [
        (keys[p.opening.fill_id], count(p.held), count(p.cost, 24), count(p.fees))
        for p in [book.pool]
        if p
    ]


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(lot_matching) == doctest.TestResults(failed=0, attempted=1)
