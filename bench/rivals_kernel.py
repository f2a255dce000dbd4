"""Our side of bench/rivals.py: the kernel over rows in memory, and what each book comes to.

    python bench/rivals_kernel.py ROWS.pickle RESULT.json

ROWS are tuples of runner.kernels.lot_matching.INPUTS. The clock runs over the kernel's loop alone,
its rows kept in a list. RESULT has `seconds`, `events` and, of books at average cost, `books`: the
position, the realised PnL less all fees and the turnover as text, and how many fills.
"""

from __future__ import annotations

import gc
import json
import pickle
import sys
import time
from collections import Counter, defaultdict
from decimal import Decimal, localcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from runner.kernels import Row
from runner.kernels.lot_matching import AVERAGE, match


def main() -> None:
    rows: list[Row] = pickle.loads(Path(sys.argv[1]).read_bytes())
    gc.collect()
    gc.freeze()  # so that no collection walks over the input, on either side
    started = time.perf_counter()
    made = list(match(rows))
    seconds = time.perf_counter() - started
    result = {"seconds": seconds, "events": len(rows), "books": books(rows, made)}
    Path(sys.argv[2]).write_text(json.dumps(result))


def books(rows: list[Row], made: list[Row]) -> dict[int, tuple[str, str, str, int]]:
    held: dict[int, Decimal] = defaultdict(Decimal)
    realized: dict[int, Decimal] = defaultdict(Decimal)
    turnover: dict[int, Decimal] = defaultdict(Decimal)
    count: Counter[int] = Counter()
    fills = {}
    with localcontext(prec=60):
        for book, method, is_inverse, multiplier, key, quantity, price, fee in rows:
            if method != AVERAGE:
                return {}
            assert book is not None and quantity and multiplier and price
            terms = (is_inverse, multiplier, price)
            fills[key, quantity > 0] = terms
            realized[book] -= Decimal(fee or 0).scaleb(-12)
            count[book] += 1
            turnover[book] += abs(value(quantity, *terms))
        for book, buy, sell, quantity, buy_from, _, _, _, cost, _, _ in made:
            assert book is not None and quantity and cost is not None
            if buy is None or sell is None:
                held[book] += Decimal(quantity if sell is None else -quantity).scaleb(-12)
                continue
            is_long = buy_from is None  # only the closing fill has a stretch
            terms = fills[(sell, False) if is_long else (buy, True)]
            paid = Decimal(cost).scaleb(-12 if terms[0] else -24)
            gained = value(quantity, *terms) - paid
            # more base units for the same contracts is a lower price
            realized[book] += gained if is_long != bool(terms[0]) else -gained
        return {
            book: (str(held[book]), str(realized[book]), str(turnover[book]), count[book])
            for book in count
        }


def value(quantity: int, is_inverse: int | None, multiplier: int, price: int) -> Decimal:
    """Of a fill in quote units, of an inverse contract in base units."""
    contracts = Decimal(quantity * multiplier).scaleb(-24)
    return contracts / Decimal(price).scaleb(-12) if is_inverse else contracts * price / 10**12


if __name__ == "__main__":
    main()
