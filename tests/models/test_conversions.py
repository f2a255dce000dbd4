"""Conversions worked out by hand: which prices an amount meets, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from runner.engines.base import Engine
from tests.models.facts import EPOCH, uid, write
from tests.models.harness import build
from tests.oracle import Fill, Funding, Instrument, Tick

D = Decimal


def at(seconds: float) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def spot(base: str, quote: str) -> Instrument:
    return Instrument(f"{base}/{quote}", "SPOT", base, quote, quote)


def tick(instrument: Instrument, price: str, seconds: float = 0) -> Tick:
    moment = at(seconds)
    return Tick(instrument.instrument_id, D(price), moment, uid(instrument.instrument_id, moment))


def fee(amount: str, currency: str, settlement: str, seconds: float = 10, n: int = 0) -> Fill:
    """A fill of an instrument that is priced in nothing else, for its fee."""
    moment = at(seconds)
    return Fill(
        uid("fill", n), uid("order", settlement), "A", settlement, "BUY", D(1), D(1), D(amount),
        currency, moment, moment,
    )  # fmt: skip


def convert(
    ledger: Engine,
    fills: list[Fill],
    priced: Iterable[tuple[Instrument, list[Tick]]],
    variables: dict[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """The conversions of the fills' fees, in order of their moments."""
    pairs = list(priced)
    settled = {f.instrument_id for f in fills}
    traded = [Instrument(s, "LINEAR", f"{s} contract", s, s) for s in sorted(settled)]
    ticks = [t for _, some in pairs for t in some]
    write(ledger, [*traded, *(i for i, _ in pairs)], fills, ticks)
    build(ledger, ["currency_conversions"], variables)
    answer = ledger.query("select * from currency_conversions order by moment")
    return [dict(zip([c.name for c in answer.columns], row, strict=True)) for row in answer.rows]


BNB_USDT, BTC_USDT, EUR_USDT = spot("BNB", "USDT"), spot("BTC", "USDT"), spot("EUR", "USDT")
USDT_EUR, BTC_EUR, BNB_BTC = spot("USDT", "EUR"), spot("BTC", "EUR"), spot("BNB", "BTC")
BTC_USD = Instrument("BTC/USD:BTC", "INVERSE", "BTC", "USD", "BTC", D(100))
EUR_PERP = Instrument("EUR/USDT:USDT", "LINEAR", "EUR", "USDT", "USDT")

# amount, from, to, prices, what it comes to, and through what
ROUTES = {
    "direct": ("2", "BNB", "USDT", {BNB_USDT: "600.5"}, "1201", None),
    "inverted": ("1", "USDT", "EUR", {EUR_USDT: "3"}, "0.333333333333", None),
    "a rebate rounds away from zero as well": (
        "-2", "USDT", "EUR", {EUR_USDT: "3"}, "-0.666666666667", None,
    ),
    "spot, though inverted, before a derivative": (
        "5", "USDT", "EUR",
        {EUR_USDT: "1.25", Instrument("USDT/EUR:EUR", "LINEAR", "USDT", "EUR", "EUR"): "0.9"},
        "4", None,
    ),
    "a derivative is better than none": ("5", "EUR", "USDT", {EUR_PERP: "1.1"}, "5.5", None),
    "direct before inverted": (
        "10", "USDT", "EUR", {EUR_USDT: "1.25", USDT_EUR: "0.9"}, "9", None,
    ),
    "direct, direct": ("0.5", "BNB", "EUR", {BNB_USDT: "600", USDT_EUR: "0.9"}, "270", "USDT"),
    "direct, inverted": ("0.5", "BNB", "EUR", {BNB_USDT: "600", EUR_USDT: "1.2"}, "250", "USDT"),
    "inverted, direct": (
        "100", "USD", "USDT", {BTC_USD: "60000", BTC_USDT: "60300"}, "100.5", "BTC",
    ),
    "inverted, inverted": (
        "100", "EUR", "BTC", {USDT_EUR: "0.8", BTC_USDT: "50000"}, "0.0025", "USDT",
    ),
    # 10^-12 * 1/2, the half itself; and 2 * 10^-24 under it, in the 36th decimal of the product
    "half of the last decimal": (
        "0.000000000001", "BNB", "EUR", {BNB_USDT: "0.5", USDT_EUR: "1"},
        "0.000000000001", "USDT",
    ),
    "just under half": (
        "0.000000000001", "BNB", "EUR", {BNB_USDT: "0.500000000001", USDT_EUR: "0.999999999998"},
        "0", "USDT",
    ),
    "half of a quotient": (
        "-0.000000000001", "EUR", "BTC", {USDT_EUR: "2", BTC_USDT: "1"},
        "-0.000000000001", "USDT",
    ),
    # (10^6 - 10^-12) * 99999.12345678 * 0.000000000007, to all its digits:
    # 0.69999386419745999930000613580254...
    "more digits than 38": (
        "999999.999999999999", "BNB", "EUR",
        {BNB_USDT: "99999.12345678", USDT_EUR: "0.000000000007"},
        "0.699993864197", "USDT",
    ),
    "one price before two": (
        "1", "BNB", "EUR", {BNB_USDT: "600", USDT_EUR: "0.9", spot("BNB", "EUR"): "539"},
        "539", None,
    ),
    "USDT is preferred to BTC": (
        "1", "BNB", "EUR",
        {BNB_BTC: "0.01", BTC_EUR: "54000", BNB_USDT: "600", USDT_EUR: "0.91"}, "546", "USDT",
    ),
    "a preferred currency before others by name": (
        "1", "BNB", "EUR",
        {spot("BNB", "AAA"): "2", spot("AAA", "EUR"): "3", BNB_BTC: "0.01", BTC_EUR: "54000"},
        "540", "BTC",
    ),
    "others by name": (
        "1", "BNB", "EUR",
        {spot("BNB", "ZZZ"): "2", spot("ZZZ", "EUR"): "3",
         spot("BNB", "AAA"): "5", spot("EUR", "AAA"): "2"},
        "2.5", "AAA",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ROUTES.values(), ids=ROUTES)
def test_routes(ledger: Engine, case: tuple[Any, ...]) -> None:
    amount, from_, to, prices, expected, via = case
    fills = [fee(amount, from_, to)]
    [row] = convert(ledger, fills, ((i, [tick(i, price)]) for i, price in prices.items()))
    assert (row["converted_amount"], row["via_currency"]) == (D(expected), via)
    assert (row["rated_at"], row["rate_age_seconds"], row["missing_reason"]) == (EPOCH, 10, None)


@pytest.mark.parametrize("bridges", [["ZZZ"], "YYY, ZZZ"])
def test_the_currencies_in_between_can_be_named(ledger: Engine, bridges: Any) -> None:
    prices = {spot("BNB", "ZZZ"): "2", spot("ZZZ", "EUR"): "3", BNB_USDT: "600", USDT_EUR: "0.9"}
    priced = [(i, [tick(i, price)]) for i, price in prices.items()]
    named = tuple(bridges) if isinstance(bridges, list) else bridges
    [row] = convert(ledger, [fee("1", "BNB", "EUR")], priced, {"bridge_currencies": named})
    assert (row["converted_amount"], row["via_currency"]) == (6, "ZZZ")


def test_the_latest_price_by_then(ledger: Engine) -> None:
    """A tick of the very moment counts, a later one does not."""
    fills = [fee("1", "BNB", "USDT", s, n=int(s)) for s in (4, 5, 9)]
    ticks = [tick(BNB_USDT, "600", 1), tick(BNB_USDT, "610", 5), tick(BNB_USDT, "620", 9.000001)]
    rows = convert(ledger, fills, [(BNB_USDT, ticks)])
    assert [row["converted_amount"] for row in rows] == [600, 610, 610]
    assert [row["rate_age_seconds"] for row in rows] == [3, 0, 4]


def test_two_legs_until_there_is_one(ledger: Engine) -> None:
    """Each leg is of its own latest tick; an old direct price goes before two fresh ones."""
    bnb_eur = spot("BNB", "EUR")
    fills = [fee("1", "BNB", "EUR", s, n=s) for s in (2, 5, 7, 9, 20)]
    rows = convert(
        ledger,
        fills,
        [
            (BNB_USDT, [tick(BNB_USDT, p, s) for p, s in (("600", 1), ("700", 6), ("1", 19))]),
            (USDT_EUR, [tick(USDT_EUR, "0.9", 4)]),
            (bnb_eur, [tick(bnb_eur, "500", 8)]),
        ],
    )
    assert [row["converted_amount"] for row in rows] == [None, 540, 630, 500, 500]
    assert [row["missing_reason"] for row in rows] == ["NO_TICK", None, None, None, None]
    assert [row["rate_age_seconds"] for row in rows] == [None, 4, 3, 1, 12]
    assert rows[2]["first_priced_at"] == at(6) and rows[2]["rated_at"] == at(4)


def test_what_cannot_be_converted_says_why(ledger: Engine) -> None:
    fills = [
        fee("1", "XYZ", "USDT", 1, n=1),
        fee("1", "EUR", "USDT", 2, n=2),
        fee("6000000000000", "BNB", "USDT", 3, n=3),
    ]
    priced = [(EUR_USDT, [tick(EUR_USDT, "0")]), (BNB_USDT, [tick(BNB_USDT, "600")])]
    rows = convert(ledger, fills, priced)
    assert [row["missing_reason"] for row in rows] == ["NO_INSTRUMENT", "NO_TICK", "TOO_LARGE"]
    assert {row["converted_amount"] for row in rows} == {None}


def test_the_rate_at_the_end_of_each_day(ledger: Engine) -> None:
    day = 86_400
    first = [tick(EUR_USDT, "1.1", day - 1), tick(EUR_USDT, "1.2", day)]
    later = [tick(EUR_USDT, "1.3", 3 * day + 5)]
    funding = [
        Funding("A", "EUR/USDT", D(1), "USDT", at(0), uid(1)),
        Funding("A", "EUR/USDT", D(1), "USDT", at(4 * day), uid(2)),
    ]
    write(ledger, [EUR_USDT], [], first + later, funding, {"A": "EUR", "B": "USDT"})
    build(ledger, ["daily_conversion_rates"])
    rows = ledger.query(
        "select rate_date, first_price, is_first_inverted, rate, rate_age_seconds "
        "from daily_conversion_rates where to_currency = 'EUR' order by rate_date"
    ).rows
    assert list(rows) == [
        (date(2026, 1, 1), D("1.1"), True, D("0.909090909091"), 0),
        (date(2026, 1, 2), D("1.2"), True, D("0.833333333333"), day - 1),
        (date(2026, 1, 3), D("1.2"), True, D("0.833333333333"), 2 * day - 1),
        (date(2026, 1, 4), D("1.3"), True, D("0.769230769231"), day - 6),
        (date(2026, 1, 5), D("1.3"), True, D("0.769230769231"), 2 * day - 6),
    ]
