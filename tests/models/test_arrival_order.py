"""Files of fills, and of the orders they belong to, give the same derived tables in any order."""

from __future__ import annotations

import pytest

from tests.conftest import slim_ledger_project

pytestmark = pytest.mark.either_engine

INSTRUMENTS = """
symbol,base_currency,quote_currency,settlement_currency,multiplier,is_inverse
BTC-USDT,BTC,USDT,,,false
"""
HEADER = (
    "venue,account,symbol,order_id,fill_id,side,quantity,price,fee_amount,fee_currency,"
    "liquidity,executed_at,kind,corrects_fill_id\n"
)
FILL = "northex,main,BTC-USDT,{0},{1},{2},{3},100,0,,,2026-03-02T{4}:00:00Z,{5},{6}\n"
LATER = HEADER + FILL.format("o1", "f2", "BUY", 1, 11, "", "")
EARLIER = (
    HEADER
    + FILL.format("o1", "f1", "BUY", 2, 10, "", "")
    # a busted fill counts for nothing, but its order was there
    + FILL.format("o1", "f0", "BUY", 5, "09", "", "")
    + FILL.format("o1", "b0", "BUY", 5, 12, "BUST", "f0")
    + FILL.format("o2", "f3", "SELL", 1, 13, "", "")
)
# sent before the first fill of o1, and after that of o2
ORDERS = (
    "venue,account,symbol,order_id,client_order_id,side,order_type,quantity,limit_price,"
    "stop_price,time_in_force,status,created_at\n"
    "northex,main,BTC-USDT,o1,c1,BUY,LIMIT,9,100,,GTC,PENDING,2026-03-02T08:00:00Z\n"
    "northex,main,BTC-USDT,o2,c2,SELL,LIMIT,9,100,,GTC,PENDING,2026-03-02T14:00:00Z\n"
)
LEARNED = {"recorded_at", "batch_id"}  # when the ledger came to know a fact
# an order's terms are its own row, or an event if its fills came first
EVENTS = {"last_event_at", "last_sequence_number"}


# o1 ends with its fills, o2 is cancelled at the moment it was accepted
STATES = (
    "venue,account,symbol,order_id,client_order_id,side,order_type,quantity,limit_price,"
    "stop_price,time_in_force,status,created_at,updated_at\n"
    "northex,main,BTC-USDT,o1,c1,BUY,LIMIT,3,100,,GTC,{0},2026-03-02T08:00:00Z,{1}\n"
    "northex,main,BTC-USDT,o2,c2,SELL,LIMIT,9,100,,GTC,{2},2026-03-02T08:00:00Z,{3}\n"
)
BEGUN = STATES.format("ACCEPTED", "2026-03-02T08:00:01Z", "ACCEPTED", "2026-03-02T08:00:00Z")
ENDED = STATES.format("FILLED", "2026-03-02T11:00:00Z", "CANCELLED", "2026-03-02T08:00:00Z")
STEPS = (
    "venue,account,order_id,event_id,event_type,status,order_quantity,occurred_at\n"
    "northex,main,o1,e1,REPLACED,ACCEPTED,3,2026-03-02T09:00:00Z\n"
    # our clock is fast: it was accepted before
    "northex,main,o1,e2,SUBMITTED,PENDING,,2026-03-02T08:00:05Z\n"
)


@pytest.fixture
def ledger(tmp_path, engine_name):
    """What is derived is compared cell by cell: of the checks only those of orders tell more."""
    suites = ["costs", "lifecycle", "orders"]
    without = ["performance", "reconciliation"]
    return slim_ledger_project(tmp_path / "ledger", engine_name, suites=suites, without=without)


def derived(ledger, cli, files, apart=LEARNED):
    """The tables made of files loaded one by one; does `fills_follow_their_order`; `sent_at`s."""
    if ledger.database.exists():
        ledger.database.unlink()
    files = {"i.csv": ("canonical-instruments", INSTRUMENTS), **files}
    ledger.write({name: content for name, (_, content) in files.items()})
    for name, (form, _) in files.items():
        outcome = cli(ledger, "ingest", name, "--format", form)
        assert outcome.exit_code == 0, outcome.stderr
    assert cli(ledger, "build").exit_code == 0
    found = {}
    engine = ledger.open(read_only=True)
    relations = engine.relations()
    for path in (ledger.root / "models").rglob("*.sql"):
        # staging shows the facts as they were learned, ephemeral models have no table
        if not path.stem.startswith("stg_") and path.stem in relations:
            columns = [c.name for c in relations[path.stem].columns]
            listed = ", ".join(c for c in columns if c not in apart)
            rows = engine.query(f"select {listed} from {path.stem}").rows
            found[path.stem] = sorted(map(repr, rows))
    verdict = "select status from runner_checks where name = 'fills_follow_their_order'"
    ((follows,),) = engine.query(verdict).rows
    sent = list(engine.query("select cast(sent_at as varchar) from order_state order by 1").rows)
    engine.close()
    return found, follows, [row[0][11:16] for row in sent]


def test_fills_in_any_order(ledger, cli):
    files = {"a.csv": ("canonical-fills", LATER), "b.csv": ("canonical-fills", EARLIER)}
    first, follows, sent = derived(ledger, cli, files)
    assert (sent, follows) == (["09:00", "13:00"], "pass")
    assert len(first) > 10 and len(first["order_state"]) == 2
    assert derived(ledger, cli, dict(reversed(files.items()))) == (first, follows, sent)


def test_amendments_of_one_file_leave_what_they_say(ledger, cli):
    # ids are hashes, so that of several orders some would come out wrong by them
    rows = [
        FILL.format(f"{order}{n}", f"{order}{n}-{place}", "BUY", quantity, "10", kind, corrects)
        for n in range(6)
        for order, amendments in (
            ("busted", ((2, "CORRECTION"), (2, "BUST"))),
            ("corrected", ((2, "CORRECTION"), (3, "CORRECTION"))),
        )
        for place, (quantity, kind) in enumerate(((1, "TRADE"), *amendments))
        for corrects in [f"{order}{n}-0" if place else ""]
    ]
    found, _, _ = derived(ledger, cli, {"a.csv": ("canonical-fills", HEADER + "".join(rows))})
    costs = found["order_costs"]
    assert ["Decimal('3.000000000000')" in row for row in costs] == [True] * 6, costs
    assert cli(ledger, "replay").exit_code == 0


@pytest.fixture
def amended(tmp_path, engine_name, cli):
    """A ledger, and what appends fills (id, kind, about) to it and builds."""
    without = ["performance", "reconciliation"]
    ledger = slim_ledger_project(tmp_path / "facts", engine_name, suites=["facts"], without=without)

    def built_with(*told):
        rows = [FILL.format("o1", f, "BUY", 1, "10", kind, about) for f, kind, about in told]
        ledger.write({"i.csv": INSTRUMENTS, f"{told[0][0]}.csv": HEADER + "".join(rows)})
        for name, form in (("i", "instruments"), (told[0][0], "fills")):
            outcome = cli(ledger, "ingest", f"{name}.csv", "--format", f"canonical-{form}")
            assert outcome.exit_code == 0, outcome.stderr
        return cli(ledger, "build", "--select", "+int_fills_effective")

    return ledger, built_with


def test_a_fill_corrected_on_two_branches_is_not_published_until_one_is_busted(amended):
    _, built_with = amended
    chain = [("f1", "TRADE", "")] + [(f"f{n}", "CORRECTION", f"f{n - 1}") for n in (2, 3, 4)]
    assert built_with(*chain).exit_code == 0
    # the end of the chain counts still
    outcome = built_with(("f5", "BUST", "f1"))
    assert outcome.exit_code == 1 and "FAIL amendments_stay_with_their_fill" in outcome.stderr
    assert built_with(("f6", "BUST", "f4")).exit_code == 0


def test_the_branch_that_is_busted_may_be_the_newer(amended):
    ledger, built_with = amended
    told = ("f1", "TRADE", ""), ("f2", "CORRECTION", "f1"), ("f3", "CORRECTION", "f2")
    outcome = built_with(*told, ("f4", "CORRECTION", "f1"))
    assert outcome.exit_code == 1 and "FAIL amendments_stay_with_their_fill" in outcome.stderr
    assert built_with(("f5", "BUST", "f4")).exit_code == 0
    assert ledger.rows("select exchange_fill_id from int_fills_effective") == [("f3",)]


def test_amendments_of_no_trade_are_warned_of(amended):
    ledger, built_with = amended
    told = ("f1", "TRADE", ""), ("f2", "BUST", "f1"), ("f3", "BUST", "f2")
    outcome = built_with(*told, ("f4", "CORRECTION", "f5"), ("f5", "CORRECTION", "f4"))
    assert outcome.exit_code == 0, outcome.stderr
    warned = "select count(*) from check_failures where check_name = 'amendments_lead_to_a_trade'"
    assert ledger.rows(warned) == [(3,)]
    assert ledger.rows("select count(*) from int_fills_effective") == [(0,)]


def test_orders_before_and_after_their_fills(ledger, cli):
    later, earlier = ("canonical-fills", LATER), ("canonical-fills", EARLIER)
    orders = ("canonical-orders", ORDERS)
    found = [
        derived(ledger, cli, {f"{n}.csv": file for n, file in enumerate(files)}, LEARNED | EVENTS)
        for files in ((orders, earlier, later), (later, orders, earlier), (later, earlier, orders))
    ]
    assert found[0][1:] == ("warn", ["08:00", "14:00"])
    assert found[0] == found[1] == found[2]


def test_events_in_any_order(ledger, cli):
    files = [
        ("canonical-fills", LATER), ("canonical-orders", BEGUN), ("canonical-orders", ENDED),
        ("canonical-events", STEPS), ("canonical-fills", EARLIER),
    ]  # fmt: skip
    apart = {*LEARNED, "last_sequence_number"}
    found = [
        derived(ledger, cli, {f"{n}.csv": file for n, file in enumerate(given)}, apart)
        for given in (files, [files[4], files[2], files[3], files[1], files[0]])
    ]
    assert found[0] == found[1]
    states = found[0][0]["order_state"]
    assert [("c1" in row, "'FILLED'" in row) for row in states if "c1" in row] == [(True, True)]
    assert ["'CANCELLED'" in row for row in states if "c2" in row] == [True]
