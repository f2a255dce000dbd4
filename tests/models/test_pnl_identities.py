"""What holds of any history under any method, and what must not change it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.models.facts import EPOCH, read, uid, write
from tests.models.harness import build, empty_ledger
from tests.models.histories import INSTRUMENTS, METHODS, History
from tests.models.test_pnl_property import EXAMPLES, KEYS
from tests.oracle import STEP, Fill, Instrument, Ledger, effective, matching_order, prorate

Tables = dict[str, dict[Any, dict[str, Any]]]
ACCOUNTS = 30
seeded = given(seed=st.integers(0, 10**9))
sometimes = settings(
    max_examples=max(2, EXAMPLES // 4),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.reuse, Phase.generate],  # a smaller seed makes no smaller history
)


def derived(history: History, instruments: list[Instrument] = INSTRUMENTS) -> Tables:
    """Every table of the models, where accounts have their methods and some none of their own."""
    engine = empty_ledger()
    try:
        facts = (instruments, history.fills, history.ticks, history.funding)
        write(engine, *facts, lots=history.lots)
        build(engine, KEYS, {"pnl_method": "average"}, history.methods)
        return {table: read(engine, table, key) for table, key in KEYS.items()}
    finally:
        engine.close()


def without(tables: Tables, *columns: str) -> Tables:
    return {
        table: {
            key: {name: value for name, value in row.items() if name not in columns}
            for key, row in rows.items()
        }
        for table, rows in tables.items()
    }


def timeless(tables: Tables) -> Tables:
    return {
        table: {
            key: {n: value for n, value in row.items() if not isinstance(value, datetime)}
            for key, row in rows.items()
        }
        for table, rows in tables.items()
    }


def books(tables: Tables, name: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Rows of a table by account and instrument."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in tables[name].values():
        found.setdefault((row["account_id"], row["instrument_id"]), []).append(row)
    return found


def bound(instrument: Instrument, fills: list[Fill], rows: int) -> Fraction:
    """How far rounding may take the total of `rows` matches and open lots from the exact one.

    Each of them, and each fill put into a pool, is off by one in the 12th decimal at most; where a
    contract is a fraction of a unit, sizes are rounded as well, before a price multiplies them.
    """
    digits = -int(instrument.multiplier.normalize().as_tuple().exponent)
    prices = max((abs(f.price) for f in fills), default=Decimal(0)) if digits > 0 else Decimal(0)
    return Fraction(STEP) * (rows + len(fills)) * (1 + Fraction(prices))


@sometimes
@seeded
def test_what_was_paid_and_what_is_held_add_up(seed: int) -> None:
    """Whatever the method, realised and unrealised PnL are cash received plus what is held."""
    history = History(seed, 40, ACCOUNTS)
    tables = derived(history)
    ledger = Ledger(INSTRUMENTS, history.fills, history.ticks, history.funding, history.lots)
    matches, lots = books(tables, "lot_matches"), books(tables, "open_lots")
    for key, row in tables["positions"].items():
        book = ledger.books[key]
        i, mark = book.instrument, row["mark_price"]
        changes = [Fraction(ledger.change(f)) for f in book.fills]
        held = sum(changes, Fraction(0))
        assert Fraction(row["quantity"]) == held
        signed = [
            lot["quantity"] * (1 if lot["direction"] == "LONG" else -1) for lot in lots.get(key, [])
        ]
        assert sum(signed) == row["quantity"] and len({s > 0 for s in signed}) <= 1
        if held and mark is None:
            assert row["unrealized_pnl"] is None
            continue
        flows = zip([*changes, -held], [*(f.price for f in book.fills), mark or 1], strict=True)
        if i.kind == "INVERSE":
            exact = sum(change / Fraction(price) for change, price in flows)
        else:
            exact = -sum(change * Fraction(price) for change, price in flows)
        found = row["realized_gross_pnl"] + row["unrealized_pnl"]
        allowed = bound(i, book.fills, len(matches.get(key, [])) + len(signed))
        if mark is not None:
            allowed *= 1 + Fraction(mark) if i.multiplier < 1 else 1
        assert abs(Fraction(found) - exact * Fraction(i.multiplier)) <= allowed, key


@sometimes
@seeded
def test_names_do_not_matter(seed: int) -> None:
    history = History(seed, 40, ACCOUNTS)
    before = derived(history)
    # the other way round, so that books are built in another order
    symbols = {i.instrument_id: f"I{9 - n}" for n, i in enumerate(INSTRUMENTS)}
    accounts = {f"A{n}": f"B{99 - n}" for n in range(ACCOUNTS)}
    history.methods = {accounts[name]: method for name, method in history.methods.items()}
    for name in ("fills", "lots", "funding", "ticks"):
        changed = []
        for fact in getattr(history, name):
            names = {"instrument_id": symbols[fact.instrument_id]}
            if name != "ticks":
                names["account_id"] = accounts[fact.account_id]
            changed.append(replace(fact, **names))
        setattr(history, name, changed)
    after = derived(
        history, [replace(i, instrument_id=symbols[i.instrument_id]) for i in INSTRUMENTS]
    )
    after["positions"] = {
        key: after["positions"][accounts[key[0]], symbols[key[1]]] for key in before["positions"]
    }
    apart = ("account_id", "instrument_id", "symbol")
    assert without(after, *apart) == without(before, *apart)


@sometimes
@seeded
def test_the_date_does_not_matter(seed: int) -> None:
    history = History(seed, 40, ACCOUNTS)
    before = derived(history)
    later = timedelta(days=59, hours=7, microseconds=1)
    history.fills = [
        replace(f, executed_at=f.executed_at + later, recorded_at=f.recorded_at + later)
        for f in history.fills
    ]
    history.lots = [replace(lot, executed_at=lot.executed_at + later) for lot in history.lots]
    history.ticks = [replace(t, event_at=t.event_at + later) for t in history.ticks]
    history.funding = [replace(f, occurred_at=f.occurred_at + later) for f in history.funding]
    assert timeless(derived(history)) == timeless(before)


def split(fill: Fill) -> list[Fill]:
    """The fill as two at the same moment, a third and the rest, and its fee likewise."""
    quantity = (fill.quantity / 3).quantize(STEP)
    if not quantity:
        return [fill]
    fee = prorate(fill.fee, quantity, fill.quantity) or Decimal(0)
    parts = [(quantity, fee), (fill.quantity - quantity, fill.fee - fee)]
    return [
        replace(fill, fill_id=uid(fill.fill_id, n), quantity=q, fee=f)
        for n, (q, f) in enumerate(parts)
    ]


@sometimes
@seeded
def test_a_fill_is_worth_its_parts(seed: int) -> None:
    history = History(seed, 40, ACCOUNTS)
    # no two at one moment, between whose parts another could come
    ordered = sorted(effective(history.fills), key=matching_order)
    history.fills = [
        replace(f, kind="TRADE", corrects=None, executed_at=EPOCH + timedelta(milliseconds=n))
        for n, f in enumerate(ordered)
    ]
    history.lots = [
        replace(lot, executed_at=EPOCH - timedelta(milliseconds=n + 1))
        for n, lot in enumerate(history.lots)
    ]
    whole = derived(history)
    history.fills = [part for fill in history.fills for part in split(fill)]
    parts = derived(history)
    ledger = Ledger(INSTRUMENTS, history.fills, history.ticks, history.funding, history.lots)
    matches, lots = books(parts, "lot_matches"), books(parts, "open_lots")
    allowed = {
        key: 2
        * bound(book.instrument, book.fills, len(matches.get(key, [])) + len(lots.get(key, [])))
        for key, book in ledger.books.items()
    }

    def compare(table: str, exact: tuple[str, ...], close: tuple[str, ...]) -> None:
        assert set(parts[table]) == set(whole[table])
        for key, row in whole[table].items():
            other = parts[table][key]
            assert [row[c] for c in exact] == [other[c] for c in exact], (table, key)
            for column in close:
                if row[column] is None:
                    assert other[column] is None
                else:
                    off = abs(Fraction(row[column]) - Fraction(other[column]))
                    assert off <= allowed[row["account_id"], row["instrument_id"]], (key, column)

    compare("positions", ("quantity",), ("realized_gross_pnl", "fees_paid", "unrealized_pnl"))
    compare("order_pnl", ("closed_quantity",), ("realized_gross_pnl",))
    by_lot = [key for key, row in whole["positions"].items() if row["pnl_method"] != "average"]
    assert [parts["positions"][key]["average_open_price"] for key in by_lot] == [
        whole["positions"][key]["average_open_price"] for key in by_lot
    ]
    assert {row["pnl_method"] for row in parts["positions"].values()} == set(METHODS)
