"""What accounts made, worked out by hand, and the checks that report what is not known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from runner.checks.run import run_checks
from runner.engines.base import Engine
from tests.conftest import ENGINES
from tests.models.facts import insert, uid, write
from tests.models.harness import build, empty_ledger, workspace
from tests.models.test_conversions import (
    BNB_USDT,
    BTC_USD,
    EUR_USDT,
    D,
    at,
    convert,
    fee,
    spot,
    tick,
)
from tests.oracle import Fill, Funding, Instrument

TRADED = [
    spot("XXX", "USDT"),
    BTC_USD,
    EUR_USDT,
    Instrument("YYY", "SPOT", "YYY", "JPY", "JPY"),
]


def trade(n: int, account: str, i: Instrument, side: str, price: str, fee: str, paid: str) -> Fill:
    return Fill(
        uid("fill", n), uid("order", n), account, i.instrument_id, side, D(10), D(price), D(fee),
        paid, at(n), at(n),
    )  # fmt: skip


def accounts(ledger: Engine, *models: str, **variables: str) -> Engine:
    """A reports in EUR, B in nothing, C in BTC.

    A made 10 * (13 - 10) = 30 USDT gross on XXX, paid 0.5 EUR (0.6 USDT at 1.2) and 1 USDT of fees
    and got 2.4 EUR of funding (3 USDT at 1.25); and on 10 contracts of 100 USD each
    1000 / 40000 - 1000 / 50000 = 0.005 BTC, less 0.001 BTC. It still holds 10 YYY without a mark.
    """
    xxx, inverse, _, yyy = TRADED
    fills = [
        trade(1, "A", xxx, "BUY", "10", "0.5", "EUR"),
        trade(2, "A", xxx, "SELL", "13", "1", "USDT"),
        trade(3, "A", inverse, "BUY", "40000", "0.001", "BTC"),
        trade(4, "A", inverse, "SELL", "50000", "0", "BTC"),
        trade(5, "A", yyy, "BUY", "1", "0", "JPY"),
        trade(6, "B", xxx, "BUY", "10", "0", "USDT"),
        trade(7, "C", inverse, "BUY", "40000", "0.001", "XYZ"),
    ]
    ticks = [
        tick(EUR_USDT, "1.2", 0), tick(EUR_USDT, "1.25", 10), tick(xxx, "12", 11),
        tick(inverse, "50000", 9),
    ]  # fmt: skip
    funding = [
        Funding("A", xxx.instrument_id, D("2.4"), "EUR", at(10), uid("paid")),
        Funding("C", inverse.instrument_id, D("1"), "XYZ", at(10), uid("unknown")),
    ]
    write(ledger, TRADED, fills, ticks, funding, {"A": "EUR", "B": None, "C": "BTC"})
    return build(ledger, models, variables)


@pytest.fixture(scope="module", params=ENGINES)
def built(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Those accounts, and every model; tests leave it as it is."""
    made = accounts(empty_ledger(request.param))
    yield made
    made.close()


def test_results_in_the_currency_an_account_reports_in(built: Engine) -> None:
    rows = built.query(
        "select currency, net_pnl, total_pnl, unknown_reason, reporting_realized_gross_pnl, "
        "reporting_fees_paid, reporting_funding, reporting_total_pnl, missing_reason, rate, "
        "rate_age_seconds, via_currency from account_pnl where account_id = 'A' order by currency"
    ).rows
    assert list(rows) == [
        # BTC is priced in USD, and USD in nothing
        ("BTC", D("0.004"), D("0.004"), None, None, None, 0, None, "NO_INSTRUMENT", None, None,
         None),
        ("JPY", 0, None, "POSITION_WITHOUT_MARK", 0, 0, 0, None, "NO_INSTRUMENT", None, None,
         None),
        # 30 / 1.25, 1.6 / 1.25 and 3 / 1.25
        ("USDT", D("31.4"), D("31.4"), None, 24, D("1.28"), D("2.4"), D("25.12"), None, D("0.8"),
         1, None),
    ]  # fmt: skip
    assert list(
        built.query(
            "select account_id, reporting_currency, currency_count, unconverted_currency_count, "
            "total_pnl from account_totals order by account_id"
        ).rows
    ) == [("A", "EUR", 3, 2, None), ("B", None, 1, 1, None), ("C", "BTC", 1, 0, None)]
    assert list(
        built.query(
            "select reporting_total_pnl, unknown_reason, missing_reason, reporting_unrealized_pnl "
            "from account_pnl where account_id = 'C'"
        ).rows
    ) == [(None, "FEE_WITHOUT_RATE", None, D("0.005"))]


def test_nothing_is_nothing_in_any_currency(ledger: Engine) -> None:
    """Bought and sold again at one price, in a currency that has no rate."""
    xxx, inverse, _, _ = TRADED
    fills = [
        trade(1, "A", inverse, "BUY", "40000", "0", "BTC"),
        trade(2, "A", inverse, "SELL", "40000", "0", "BTC"),
        trade(3, "A", xxx, "BUY", "10", "1", "USDT"),
    ]
    write(ledger, TRADED, fills, [tick(xxx, "12", 3)], [], {"A": "USDT"})
    build(ledger, ["account_totals", "account_equity"])
    totals = "select net_pnl, total_pnl, unconverted_currency_count from account_totals"
    assert list(ledger.query(totals).rows) == [(-1, 19, 0)]
    equity = "select equity from account_equity where currency_role = 'REPORTING'"
    assert list(ledger.query(equity).rows) == [(19,)]


def test_cash_that_is_of_no_instrument_is_a_result_of_the_account(ledger: Engine) -> None:
    """Interest and fees count; what was brought in, taken out, moved or adjusted is no result."""
    told = [
        ("A", "INTEREST", "-0.75", "USDT", 3), ("A", "FEE", "-2", "EUR", 4),
        ("A", "DEPOSIT", "100", "USDT", 4), ("A", "TRANSFER", "-5", "EUR", 5),
        ("A", "ADJUSTMENT", "7", "USDT", 5), ("D", "INTEREST", "4", "USDT", 5),
    ]  # fmt: skip
    with ledger.transaction():
        insert(
            ledger,
            "cash_movements",
            (
                {"movement_id": uid("cash", n), "account_id": account, "kind": kind,
                 "amount": D(amount), "currency": currency, "occurred_at": at(moment),
                 "recorded_at": at(0), "batch_id": 1}
                for n, (account, kind, amount, currency, moment) in enumerate(told)
            ),
        )  # fmt: skip
        insert(ledger, "accounts", [
            {"account_id": "D", "origin": "DECLARED", "account_type": "LIVE",
             "base_currency": "EUR", "recorded_at": at(0), "batch_id": 1},
        ])  # fmt: skip
    accounts(ledger)
    assert list(
        ledger.query(
            "select account_id, currency, instrument_count, funding, net_pnl, reporting_net_pnl "
            "from account_pnl where account_id in ('A', 'D') and currency in ('USDT', 'EUR') "
            "order by account_id, currency"
        ).rows
    ) == [
        ("A", "EUR", 0, -2, -2, -2),
        # 31.4 and 3 of funding without it
        ("A", "USDT", 1, D("2.25"), D("30.65"), D("24.52")),
        ("D", "USDT", 0, 4, 4, D("3.2")),
    ]
    assert list(
        ledger.query(
            "select account_id, currency, max(funding), min(equity) from account_equity "
            "where currency_role = 'SETTLEMENT' and account_id = 'D' group by 1, 2"
        ).rows
    ) == [("D", "USDT", 4, 4)]
    proved = ["accounts_add_up_to_their_positions", "account_equity_is_that_of_its_books"]
    assert failing(ledger, *proved) == {}


def test_a_reporting_currency_for_accounts_that_state_none(ledger: Engine) -> None:
    accounts(ledger, "account_totals", reporting_currency="USDT")
    assert list(
        ledger.query(
            "select account_id, reporting_currency, total_pnl from account_totals "
            "where account_id <> 'C' order by account_id"
        ).rows
    ) == [("A", "EUR", None), ("B", "USDT", 20)]


def failing(ledger: Engine, *names: str) -> dict[str, list[tuple[Any, ...]]]:
    """The failing rows of some checks, by name."""
    rules = [r for r in workspace(ledger.name).rules if r.rule.name in names]
    assert {r.rule.name for r in rules} == set(names)
    results = run_checks(ledger, rules, 100)
    return {r.rule.name: sorted(r.rows.rows, key=str) for r in results if r.rows}


def test_checks_report_what_is_unconverted(built: Engine) -> None:
    found = failing(
        built, "currencies_have_a_rate", "fees_are_converted", "cash_is_converted",
        "results_are_reported", "unconverted_amounts_have_a_reason",
        "unreported_results_have_a_reason", "account_totals_equal_order_totals",
        "conversions_use_no_later_price", "rates_are_fresh",
    )  # fmt: skip
    assert [row[:5] for row in found.pop("currencies_have_a_rate")] == [
        ("BTC", "EUR", "RESULT", "NO_INSTRUMENT", 1),
        ("JPY", "EUR", "RESULT", "NO_INSTRUMENT", 1),
        ("XYZ", "BTC", "CASH", "NO_INSTRUMENT", 1),
        ("XYZ", "BTC", "FEE", "NO_INSTRUMENT", 1),
    ]
    assert {name: len(rows) for name, rows in found.items()} == {
        "fees_are_converted": 1,
        "cash_is_converted": 1,
        "results_are_reported": 3,
    }


def test_a_rate_that_is_too_old_is_reported(ledger: Engine) -> None:
    fills = [fee("1", "BNB", "USDT", s, n=s) for s in (86_401, 86_402, 90_000)]
    convert(ledger, fills, [(BNB_USDT, [tick(BNB_USDT, "600", 1)])])
    build(ledger, ["account_pnl"])
    [row] = failing(ledger, "rates_are_fresh")["rates_are_fresh"]
    assert row[:6] == ("BNB", "USDT", "FEE", "BNB/USDT", None, 2)
    assert row[-1] == 89_999


@pytest.mark.parametrize(
    ("check", "table", "change"),
    [
        ("conversions_use_no_later_price", "currency_conversions",
         "moment - interval 1 hour as moment"),
        ("rates_hold_after_their_prices", "conversion_rates",
         "valid_from - interval 1 hour as valid_from"),
        ("account_totals_equal_order_totals", "account_pnl", "fees_paid + 1 as fees_paid"),
        ("account_totals_equal_order_totals", "account_pnl",
         "cast(null as decimal(38, 12)) as fees_paid"),
        ("instruments_have_terms", "int_books", "cast(null as varchar) as settlement_currency"),
        ("settlement_is_the_currency_of_pnl", "int_books", "'XYZ' as settlement_currency"),
        ("settlement_is_the_currency_of_pnl", "int_books",
         "'LINEAR' as instrument_type, base_currency as settlement_currency"),
        ("fill_sides_are_known", "order_fills", "'HOLD' as side"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("built", ["duckdb"], indirect=True)
def test_checks_can_fail(built: Engine, check: str, table: str, change: str) -> None:
    """Each finds rows that the models would not make, nor a load let in."""
    assert not failing(built, check)
    # a temporary view of the same name goes before the table
    built.execute(
        f"create temp view {table} as select * replace ({change}) from memory.main.{table}"
    )
    try:
        assert failing(built, check)[check]
    finally:
        built.execute(f"drop view temp.{table}")
