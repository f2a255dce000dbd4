"""What the ledger learns late, or in another order, leaves it as if it had been there at once."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.canonical_files import FILLS_HEADER, INSTRUMENT, fill
from tests.conftest import MadeProject, slim_ledger_project

pytestmark = pytest.mark.either_engine

QUOTES = (
    "symbol,bid_price,ask_price,event_at\n"
    "BTC-USDT,99,101,2026-03-01T00:00:00Z\n"
    "BTC-USDT,109,111,2026-03-01T12:00:00Z\n"
)
REQUEST = (
    "client_request_id,account,symbol,side,order_type,quantity,requested_at\n"
    "q1,main,BTC-USDT,BUY,MARKET,1,2026-03-01T00:00:00Z\n"
)
ORDER = (
    "venue,account,symbol,order_id,client_order_id,side,order_type,quantity,limit_price,stop_price,"
    "time_in_force,status,created_at,client_request_id\n"
    "x,main,BTC-USDT,o1,c1,BUY,MARKET,1,,,,PENDING,2026-03-01T00:00:00.500Z,q1\n"
)
EVENTS = (
    "event_type,occurred_at,venue,account,order_id,event_id,status,order_quantity\n"
    "{sent}"
    "REPLACED,2026-03-01T13:00:00Z,x,main,o1,e2,,1\n"
)
SENT = "SUBMITTED,2026-03-01T00:00:00.250Z,x,main,o1,e0,PENDING,10\n"
LOT = (
    "account,symbol,lot_id,side,quantity,price,acquired_at\n"
    "main,BTC-USDT,l1,SELL,2,110,2026-03-04T00:00:00Z\n"
)
SHORTFALL = (
    "select requested_at, sent_at, arrival_mid, arrival_reason, sent_reason, latency_ms, "
    "latency_reason, slippage_arrival_bps, implementation_shortfall, shortfall_reason "
    "from order_slippage"
)


@pytest.fixture
def build(cli):
    def built(project: MadeProject, *options: str) -> None:
        outcome = cli(project, "build", *options)
        assert outcome.exit_code == 0, outcome.stderr

    return built


def test_an_order_known_by_its_fills_first_has_its_request(tmp_path, engine_name, load, build, cli):
    whole = {}
    for name, last in (("told", "fills"), ("restated", "orders")):
        project = slim_ledger_project(tmp_path / name, engine_name, without=["performance"])
        load(project, instruments=INSTRUMENT, ticks=QUOTES, requests=REQUEST)
        both = {"orders": ORDER, "fills": FILLS_HEADER + fill(1)}
        load(project, **{k: v for k, v in both.items() if k != last}, **{last: both[last]})
        build(project)
        whole[name] = project.rows(SHORTFALL)
    assert whole["told"] == whole["restated"]
    assert whole["told"][0][5] == 1000 and whole["told"][0][9] is None
    told = cli(project, "trace", "order", "q1").stdout
    assert "c1" in told and "q1" in told


@pytest.mark.parametrize("sent", [SENT, ""])
def test_when_an_order_was_sent_and_how_long_it_worked(tmp_path, engine_name, load, build, sent):
    """Its first fill is no time of sending; made as small as what it filled, it ended then."""
    project = slim_ledger_project(tmp_path / "ledger", engine_name, without=["reconciliation"])
    load(project, instruments=INSTRUMENT, ticks=QUOTES)
    load(project, fills=FILLS_HEADER + fill(1), events=EVENTS.format(sent=sent))
    build(project)
    ((at, reason, ended, end_mid),) = project.rows(
        "select date_diff('millisecond', sent_at, first_filled_at), sent_reason, "
        "cast(ended_at as text), end_mid from order_slippage"
    )
    assert (at, reason) == ((750, None) if sent else (None, "NO_SEND_TIME"))
    assert (ended, end_mid) == ("2026-03-01 13:00:00", 110)


def test_a_mid_after_a_fill_is_known_once_the_time_has_come(tmp_path, engine_name, load, build):
    project = slim_ledger_project(tmp_path / "ledger", engine_name, without=["reconciliation"])
    early = QUOTES.splitlines(keepends=True)[:2]
    soon = "BTC-USDT,103,105,2026-03-01T00:00:02Z\n"
    load(project, instruments=INSTRUMENT, ticks="".join(early) + soon, fills=FILLS_HEADER + fill(1))
    build(project)
    later = "select later_mid, later_mid_reason from order_slippage"
    assert project.rows(later) == [(None, "NO_LATER_TICK")]
    load(project, ticks=early[0] + "BTC-USDT,79,81,2026-03-01T00:05:01Z\n")
    build(project)
    assert project.rows(later) == [(80, None)]


TERMS = ORDER.splitlines(keepends=True)[0]
AMENDED = EVENTS.splitlines(keepends=True)[0]


def terms(order: str, quantity: int, sent_at: str = "2026-03-01T00:00:00Z") -> str:
    return f"x,main,BTC-USDT,{order},,BUY,MARKET,{quantity},,,,PENDING,{sent_at},\n"


def amended(kind: str, order: str, event: str, quantity: int, at: str) -> str:
    return f"{kind},{at},x,main,{order},{event},,{quantity}\n"


def test_amendments_of_one_moment_are_as_the_file_tells_them(tmp_path, engine_name, load, build):
    """A FIX TransactTime may have seconds only; ids are hashes, which would tell some otherwise."""
    project = slim_ledger_project(tmp_path / "ledger", engine_name)
    names = [f"a{n}" for n in range(6)]
    at = "2026-03-01T10:00:05Z"
    load(
        project,
        instruments=INSTRUMENT,
        orders=TERMS + "".join(terms(name, 10) for name in names),
        events=AMENDED
        + "".join(
            amended("REPLACED", name, event, quantity, at)
            for name in names
            for event, quantity in (("m1", 8), ("m2", 5))
        ),
    )
    build(project, "--select", "+order_state")
    assert project.rows("select quantity from order_state") == [(5,)] * 6


def test_terms_that_come_late_undo_no_amendment(tmp_path, engine_name, load, build, cli):
    """They are how the order was sent, whatever moment they say."""
    told = {
        "fills": FILLS_HEADER + fill(1),
        "events": AMENDED + amended("REPLACED", "o1", "m1", 1, "2026-03-01T10:00:05Z"),
        "orders": TERMS + terms("o1", 10, "2026-03-01T10:00:05Z"),
    }
    found = {}
    for name, order in (("late", told), ("early", dict(reversed(told.items())))):
        project = slim_ledger_project(tmp_path / name, engine_name)
        load(project, instruments=INSTRUMENT)
        for kind, content in order.items():
            load(project, **{kind: content})
        build(project, "--select", "+order_state")
        found[name] = project.rows("select quantity, status, leaves_quantity from order_state")
        assert cli(project, "replay").exit_code == 0
    assert found["late"] == found["early"] == [(1, "FILLED", 0)]


def test_an_order_ends_when_nothing_was_left_of_it(tmp_path, engine_name, load, build):
    project = slim_ledger_project(tmp_path / "ledger", engine_name, without=["performance"])
    days = [f"2026-03-0{n}T00:00:00Z" for n in range(1, 7)]
    quantities = {"o1": 1, "o2": 10, "o3": 1, "o4": 10, "o5": 10}
    amendments = (
        ("REPLACED", "o1", "m1", 1, days[3]),  # it had filled whole
        ("RESTATED", "o2", "m2", 1, days[3]),  # the venue cut it
        ("REPLACED", "o3", "m3", 5, days[3]),  # more was wanted, and then no more
        ("REPLACED", "o3", "m4", 1, days[4]),
        ("REPLACED", "o4", "m5", 1, days[3]),  # nothing was left from here on
        ("REPLACED", "o4", "m6", 1, days[4]),
        ("REPLACED", "o5", "m7", 1, days[0]),  # before it filled
    )
    load(
        project,
        instruments=INSTRUMENT,
        orders=TERMS + "".join(terms(name, quantity) for name, quantity in quantities.items()),
        events=AMENDED + "".join(amended(*amendment) for amendment in amendments),
        fills=FILLS_HEADER + "".join(fill(n, day=2) for n in range(1, 6)),
    )
    build(project, "--select", "+int_orders_timed")
    ended = project.rows(
        "select orders.exchange_order_id, cast(timed.ended_at as text) from int_orders_timed as "
        "timed inner join stg_orders as orders on timed.order_id = orders.order_id order by 1"
    )
    assert [(name, at[8:10]) for name, at in ended] == [
        ("o1", "02"), ("o2", "04"), ("o3", "05"), ("o4", "04"), ("o5", "02"),
    ]  # fmt: skip


def test_days_run_on_to_a_lot_and_from_one(tmp_path, engine_name, load, build):
    """Days are those of all facts, so that what comes later adds none before itself."""
    project = slim_ledger_project(tmp_path / "ledger", engine_name, without=["reconciliation"])
    rate = "BTC-USDT,100,100,2026-03-01T00:00:00Z\nUSDT-EUR,2,2,2026-03-01T00:00:00Z\n"
    load(
        project,
        instruments=INSTRUMENT + "USDT-EUR,USDT,EUR,EUR,1,false\n",
        accounts="account,base_currency\nmain,EUR\n",
        ticks=QUOTES.splitlines(keepends=True)[0] + rate,
        fills=FILLS_HEADER + fill(1),
        lots=LOT,
    )
    build(project)
    tables = ("daily_pnl", "account_equity", "account_statistics", "int_trade_results", "trades")
    dates = "select cast(pnl_date as text) from daily_pnl where account_id = 'main' order by 1"
    assert [day for (day,) in project.rows(dates)] == [f"2026-03-0{n}" for n in (1, 2, 3, 4)]
    load(project, fills=FILLS_HEADER + fill(5, day=6).replace("main", "other"))
    build(project)
    extended = {t: sorted(project.rows(f"select * from {t}"), key=str) for t in tables}
    build(project, "--full-refresh")
    assert extended == {t: sorted(project.rows(f"select * from {t}"), key=str) for t in tables}
    statistics = (
        "select unknown_trade_count, net_pnl from account_statistics "
        "where account_id = 'main' and currency_role = 'REPORTING'"
    )
    assert project.rows(statistics) == [(0, Decimal("19.8"))]


def test_a_build_after_one_of_some_models_goes_on_from_all(tmp_path, engine_name, load, build):
    """Some tables hold the second fill then, and others do not."""
    project = slim_ledger_project(tmp_path / "ledger", engine_name, without=[])
    load(project, instruments=INSTRUMENT, fills=FILLS_HEADER + fill(1))
    build(project)
    load(project, fills=FILLS_HEADER + fill(2, 200, day=2))
    build(project, "--exclude", "path:models/reconciliation")
    load(project, fills=FILLS_HEADER + fill(3, day=3).replace("main", "other"))
    build(project)
    counted = "select account_id, trade_number, fill_count from trades order by 1"
    assert project.rows(counted) == [("main", 1, 2), ("other", 1, 1)]


def test_a_product_with_few_decimals_may_have_26_digits(tmp_path: Path, engine_name, load, build):
    """docs/pnl.md, how large a number may be; on both engines."""
    project = slim_ledger_project(tmp_path / "ledger", engine_name)
    load(
        project,
        instruments=INSTRUMENT,
        fills=FILLS_HEADER + fill(1).replace("BUY,1,100,", "BUY,1000000,0.1,"),
        ticks="symbol,bid_price,ask_price,event_at\n"
        "BTC-USDT,999999999,999999999,2026-03-02T00:00:00Z\n",
    )
    build(project)
    assert project.rows("select unrealized_pnl from positions") == [(999_999_998_900_000,)]
