"""Rows altered behind the database's back are named: key, column, and the line they came from."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from runner.cli.main import run
from runner.config import load_config
from runner.engines.base import open_engine
from runner.ingest import batch
from runner.ingest.facts import fact_tables
from runner.ledger import source_rows
from runner.scaffold import scaffold
from tests.canonical_files import FILLS_HEADER, INSTRUMENT, fill
from tests.conftest import ENGINES
from tests.ingest.conftest import GOLDEN
from tests.ledger.test_verification import F1, F2, ID, PUT_RIGHT, findings, tamper

pytestmark = pytest.mark.either_engine

ORDERS = (
    "venue,account,symbol,order_id,client_order_id,side,order_type,quantity,limit_price,"
    "stop_price,time_in_force,status,created_at\n"
)
F3 = "fill_id = e208a4e2-d56f-5b21-9d8f-565b5fded940 (f3)"
TABLES = ("order_fills", "orders", "order_events", "accounts", "statement_fills", "raw_blocks")


def order(n: int) -> str:
    at = f"2026-03-02T00:00:0{n}Z"
    return f"x,main,BTC-USDT,p{n},c{n},BUY,LIMIT,{n},100,,GTC,ACCEPTED,{at}\n"


@pytest.fixture(scope="module", params=ENGINES)
def appended(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A ledger of six batches: an instrument, fills, orders, trades, a statement, an account."""
    root = tmp_path_factory.mktemp("altered") / "ledger"
    scaffold(root, with_demo=False)
    settings = (root / "pyproject.toml").read_text()
    (root / "pyproject.toml").write_text(
        re.sub(r'target = "\w+"', f'target = "{request.param}"', settings, count=1)
    )
    place = ["--project-dir", str(root)]
    assert run(["migrate", "up", *place]) == 0
    trades = json.dumps(json.loads((GOLDEN / "binance-trades.json").read_text())[:3])
    for name, text, *options in (
        ("i.csv", INSTRUMENT, "canonical-instruments"),
        ("a.csv", FILLS_HEADER + fill(1, 101) + fill(2, 102) + fill(3, 103), "canonical-fills"),
        ("o.csv", ORDERS + order(1) + order(2) + order(3), "canonical-orders"),
        ("t.json", trades, "binance-trades", "--account", "desk"),
        ("s.csv", FILLS_HEADER + fill(1, 101), "canonical-fills", "--as", "statement"),
    ):
        (root / name).write_text(text)
        assert run(["ingest", str(root / name), *place, "--format", *options]) == 0
    config = load_config(root)
    engine = open_engine(config.target(None))
    facts = fact_tables(engine, config.migration_path)
    account = (
        "select 'by hand' as account_id, 'x' as venue, cast(null as varchar) as trader_id, "
        "cast(null as varchar) as base_currency, 'LIVE' as account_type, 'EXTERNAL' as origin, "
        "cast(null as timestamp) as opened_at"
    )
    with engine.transaction(), engine.staging() as staging:
        by_hand = batch.Origin("ADJUSTMENT", "by hand", None)
        made = [batch.Append("accounts", account)]
        batch.append(engine, staging, facts, made, by_hand, None)
    engine.close()
    return root


@pytest.fixture
def ledger(appended: Path, tmp_path: Path) -> Path:
    root = tmp_path / "ledger"
    shutil.copytree(appended, root)
    return root


FORGED = f"""
    insert into order_fills
    select {ID}, order_id, account_id, instrument_id, venue, 'forged', side, quantity, price,
        fee_amount, fee_currency, liquidity, kind, corrects_fill_id, is_rounded, raw_values,
        executed_at, recorded_at, batch_id, {{row}}
    from order_fills where batch_id = 2 and exchange_fill_id = 'f1'
"""
NEW = "fill_id = 00000000-0000-0000-0000-000000000001 (forged)"
MOVED = """
    update order_fills
    set
        batch_id = {batch},
        recorded_at = (select recorded_at from ledger_batches where batch_id = {batch})
    where exchange_fill_id = '{fill}'
"""
TRADE = "fill_id = 7af66d6b-924c-5b60-be58-a18a70c50b6a (272536245)"


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (
            ["update order_fills set price = 102.5 where exchange_fill_id = 'f2'"],
            [
                (
                    2,
                    "order_fills",
                    f"one or more of 3 rows were altered: {F2}: price is 102.5, a.csv:3 says 102; "
                    f"{PUT_RIGHT}",
                )
            ],
        ),
        (
            [
                "update order_fills set side = 'SELL', liquidity = null, "
                "executed_at = timestamp '2026-03-01 00:00:03.5' where exchange_fill_id = 'f3'"
            ],
            [
                (
                    2,
                    "order_fills",
                    f"one or more of 3 rows were altered: {F3}: side is SELL and liquidity is "
                    "empty and executed_at is 2026-03-01T00:00:03.500000Z, a.csv:4 says BUY and "
                    f"TAKER and 2026-03-01T00:00:03Z; {PUT_RIGHT}",
                )
            ],
        ),
        (
            [
                "update order_fills set price = case exchange_fill_id when 'f1' then 102 "
                "else 101 end where exchange_fill_id in ('f1', 'f2')"
            ],
            [
                (
                    2,
                    "order_fills",
                    f"one or more of 3 rows were altered: {F1}: price is 102, a.csv:2 says 101; "
                    f"{F2}: price is 101, a.csv:3 says 102; {PUT_RIGHT}",
                )
            ],
        ),
        (
            [
                "delete from order_fills where exchange_fill_id = 'f2'",
                FORGED.format(row="source_row"),
            ],
            [
                (
                    2,
                    "order_fills",
                    f"one or more of 3 rows were altered: {NEW} was inserted: a.csv:2 makes no "
                    f"such fact; {F2} is missing, made of a.csv:3; {PUT_RIGHT}",
                )
            ],
        ),
        (
            [FORGED.format(row="null")],
            [
                (
                    2,
                    "order_fills",
                    f"1 rows were inserted: {NEW} was inserted: no row of the batch's files makes "
                    f"it; {PUT_RIGHT}",
                )
            ],
        ),
        (
            [MOVED.format(batch=2, fill="272536245")],
            [
                (
                    2,
                    "order_fills",
                    f"1 rows were inserted: {TRADE} was inserted: a.csv:2 makes no such fact; "
                    f"{PUT_RIGHT}",
                ),
                (
                    4,
                    "order_fills",
                    f"1 of 3 rows are missing: {TRADE} is missing, made of t.json:2; {PUT_RIGHT}",
                ),
            ],
        ),
        (
            ["update orders set quantity = 7 where client_order_id = 'c2'"],
            [
                (
                    3,
                    "orders",
                    "one or more of 3 rows were altered: order_id = "
                    "baee2171-dbfb-5595-9eb2-2525724987c8 (c2): quantity is 7, o.csv:3 says 2; "
                    f"{PUT_RIGHT}",
                )
            ],
        ),
        (
            ["update order_events set status = 'FILLED' where sequence_number = 1"],
            [
                (
                    3,
                    "order_events",
                    "one or more of 3 rows were altered: event_id = {event} (ACCEPTED): status is "
                    f"FILLED, o.csv:2 says ACCEPTED; {PUT_RIGHT}",
                )
            ],
        ),
        (
            ["update order_events set sequence_number = 9, reason = 'x' where sequence_number = 2"],
            [
                (
                    3,
                    "order_events",
                    "one or more of 3 rows were altered: event_id = "
                    "36aea260-d293-5cb9-8e11-7799fe637597 (ACCEPTED): reason is x, o.csv:3 says "
                    f"empty and sequence_number is 9, appended as 2; {PUT_RIGHT}",
                )
            ],
        ),
        (
            ["update order_fills set account_id = 'main', price = 5 where batch_id = 4"],
            [
                (
                    4,
                    "order_fills",
                    "one or more of 3 rows were altered: "
                    "fill_id = 0f822543-7c7f-52c8-bd0a-09e85e084b89 (28457): account_id is main "
                    "and price is 5, t.json:1 says desk and 4.000001; "
                    f"{TRADE}: account_id is main and price is 5, t.json:2 says desk and 36567.1; "
                    "fill_id = b1c62498-1983-5279-b66c-da7e459993f1 (28457): account_id is main "
                    f"and price is 5, t.json:3 says desk and 64000.5; {PUT_RIGHT}",
                )
            ],
        ),
        (
            ["update statement_fills set price = 100"],
            [
                (
                    5,
                    "statement_fills",
                    "one or more of 1 rows were altered: statement_fill_id = {stated} (f1): "
                    f"price is 100, s.csv:2 says 101; {PUT_RIGHT}",
                )
            ],
        ),
        (
            ["update accounts set trader_id = 'someone' where account_id <> 'desk'"],
            [
                (
                    2,
                    "accounts",
                    "one or more of 1 rows were altered: account_id = main: trader_id is someone, "
                    f"appended as empty; {PUT_RIGHT}",
                ),
                (
                    6,
                    "accounts",
                    "one or more of 1 rows were altered; no row is named: the batch keeps no rows "
                    "of files",
                ),
            ],
        ),
        (
            [
                "update order_fills set price = 5 where exchange_fill_id = 'f1'",
                "update raw_blocks set source = 'b.csv' where batch_id = 2",
            ],
            [
                (
                    2,
                    "order_fills",
                    "one or more of 3 rows were altered; no row is named: the rows that the batch "
                    "keeps were altered, too",
                ),
                (
                    2,
                    "raw_blocks",
                    "one or more of 1 rows were altered; no row is named: raw_blocks has no "
                    "source_row",
                ),
            ],
        ),
    ],
)
def test_rows_are_named(ledger, cli, statements, found):
    config = load_config(ledger)
    engine = open_engine(config.target(None), read_only=True)
    (event,) = next(
        engine.query("select event_id from order_events where sequence_number = 1").rows
    )
    (stated,) = next(engine.query("select statement_fill_id from statement_fills").rows)
    engine.close()
    tamper(ledger, *statements, tables=TABLES)
    expected = [
        (n, t, p.replace("{event}", event).replace("{stated}", stated)) for n, t, p in found
    ]
    assert findings(cli, ledger) == expected


FIRST_SEEN = [
    (
        ["update orders set side = 'SELL' where exchange_order_id = 'o2'"],
        {
            (2, "orders"): "one or more of 3 rows were altered: order_id (o2): side is SELL, "
            "appended as BUY"
        },
    ),
    (
        ["delete from orders where exchange_order_id = 'o2'"],
        {(2, "orders"): "1 of 3 rows are missing: order_id (o2) is missing, made of rows of a.csv"},
    ),
    (
        ["delete from accounts where account_id = 'desk'"],
        {
            (4, "accounts"): "all of its 1 rows are missing: account_id = desk is missing, made of "
            "rows of t.json"
        },
    ),
    (
        ["update instruments set multiplier = 2 where batch_id = 4 and symbol = 'BNBBTC'"],
        {
            (4, "instruments"): "one or more of 3 rows were altered: instrument_id = BNBBTC: "
            "multiplier is 2, appended as 1"
        },
    ),
    (
        ["update statements set period_end = timestamp '2026-04-01 00:00:00'"],
        {
            (5, "statements"): "one or more of 1 rows were altered: statement_id: period_end is "
            "2026-04-01T00:00:00Z, appended as 2026-03-01T00:00:01.000001Z"
        },
    ),
    (
        ["delete from order_events where sequence_number = 2"],
        {
            (3, "order_events"): "1 of 3 rows are missing: event_id (ACCEPTED) is missing, made of "
            "o.csv:3"
        },
    ),
    (
        # all that would tell which account the load was given
        [f"delete from {t} where batch_id = 4" for t in ("order_fills", "orders")],
        {
            (4, "orders"): "all of its 3 rows are missing",
            (4, "order_fills"): "all of its 3 rows are missing: fill_id (28457) is missing, made "
            "of t.json:1; fill_id (272536245) is missing, made of t.json:2; fill_id (28457) is "
            "missing, made of t.json:3",
        },
    ),
]


@pytest.mark.parametrize(("statements", "found"), FIRST_SEEN)
def test_rows_that_all_rows_of_a_batch_tell(ledger, cli, statements, found):
    """Facts first seen on other rows, events' numbers, and tables of which nothing is left."""
    tamper(ledger, *statements, tables=(*TABLES, "instruments", "statements"))
    said = {
        (n, t): re.sub(r"_id = [0-9a-f]{8}-[0-9a-f-]{27}", "_id", p)
        for n, t, p in findings(cli, ledger)
    }
    assert said.keys() == found.keys()
    for place, problem in found.items():
        assert said[place].startswith(problem)
        assert said[place].endswith(PUT_RIGHT)


def test_a_table_of_many_that_was_emptied(ledger, cli):
    lines = [fill(4).replace("o4,f4", f"o{n},f{n}") for n in range(4, 1304)]
    (ledger / "b.csv").write_text(FILLS_HEADER + "".join(lines))
    cli(ledger, "ingest", str(ledger / "b.csv"), "--format", "canonical-fills")
    tamper(ledger, "delete from order_fills where batch_id = 7", tables=TABLES)
    ((_, _, problem),) = findings(cli, ledger)
    assert re.sub(r"fill_id = \S+ ", "", problem) == (
        "all of its 1,300 rows are missing: (f4) is missing, made of b.csv:2; (f5) is missing, "
        f"made of b.csv:3; (f6) is missing, made of b.csv:4; and 1,297 more; {PUT_RIGHT}"
    )


def test_a_mapping_that_was_changed_since(ledger, cli):
    mapping = ledger / "sql" / "ingest" / "canonical-fills.sql"
    kept = mapping.read_text()
    tamper(ledger, "delete from order_fills where exchange_fill_id = 'f2'", tables=TABLES)

    mapping.write_text(kept.replace("    liquidity,\n", "    'MAKER' as liquidity,\n"))
    ((_, _, problem),) = findings(cli, ledger)
    assert f"{F1}: liquidity is TAKER, a.csv:2 says MAKER; {F2} is missing" in problem
    assert problem.endswith(
        "with that put right the hash is still another: altered was a column that no file tells "
        "(recorded_at), or the mapping of canonical-fills was changed since"
    )

    mapping.write_text(kept.replace("    fill_id,\n", "    'n' || fill_id as fill_id,\n"))
    ((_, _, problem),) = findings(cli, ledger)
    assert problem == (
        "1 of 3 rows are missing, made of a.csv:3; no row is named: canonical-fills makes other "
        "facts of the kept rows than those that stand: it reads rows together with others, or "
        "was changed since"
    )

    mapping.unlink()
    ((_, _, problem),) = findings(cli, ledger)
    assert problem == (
        "1 of 3 rows are missing, made of a.csv:3; no row is named: its rows cannot be mapped "
        "again: there is no format 'canonical-fills'"
    )


def test_rows_of_many_are_read_in_chunks(ledger, cli, monkeypatch):
    """Of several files, each a chunk; a fill that comes twice is not missing from the second."""
    place = ["--project-dir", str(ledger), "--format", "canonical-fills"]
    lines = [fill(n, 100 + n) for n in range(4, 9)]
    (ledger / "b.csv").write_text(FILLS_HEADER + lines[0] + lines[1] + lines[2])
    (ledger / "c.csv").write_text(FILLS_HEADER + lines[0] + lines[3] + lines[4])
    assert (
        cli(ledger, "ingest", str(ledger / "b.csv"), str(ledger / "c.csv"), *place[2:]) is not None
    )
    tamper(
        ledger,
        "update order_fills set quantity = 2 where exchange_fill_id in ('f5', 'f7', 'f8')",
        "delete from order_fills where exchange_fill_id = 'f6'",
        tables=TABLES,
    )
    monkeypatch.setattr(source_rows, "CHUNK_ROWS", 1)
    ((batch_id, table, problem),) = findings(cli, ledger)
    problem = re.sub(r"fill_id = \S+ ", "", problem)
    assert (batch_id, table) == (7, "order_fills")
    assert problem == (
        "1 of 5 rows are missing: (f5): quantity is 2, b.csv:3 says 1; (f6) is missing, made of "
        "b.csv:4; (f7): quantity is 2, c.csv:3 says 1; and 1 more; " + PUT_RIGHT
    )
