"""The demo ledger: made anew it is the same bytes, and it loads without a complaint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.config import load_config
from runner.ingest.demo import load_fact_seeds
from tests.demo.make_demo import DEFAULT, make
from tests.ingest.conftest import ROOT, new_ledger


def test_made_anew_it_is_the_same(tmp_path: Path) -> None:
    made = {p.name: p.read_bytes() for p in make(tmp_path)}
    kept = {p.name: p.read_bytes() for p in DEFAULT.glob("*.csv")}
    assert made == kept, "run `python tests/demo/make_demo.py` and look at the difference"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Any:
    engine = new_ledger("duckdb", tmp_path_factory.mktemp("demo") / "demo.duckdb")
    reports = load_fact_seeds(engine, load_config(ROOT))
    assert not load_fact_seeds(engine, load_config(ROOT)), "nothing is loaded twice"

    def ask(sql: str) -> list[tuple[Any, ...]]:
        return list(engine.query(sql).rows)

    yield reports, ask
    engine.close()


def test_every_row_loads(demo: Any) -> None:
    reports, ask = demo
    assert len(reports) == len(list(DEFAULT.glob("*.csv")))
    assert all(r.quarantined == r.duplicates == 0 for r in reports)
    assert ask("select count(*) from quarantine") == [(0,)]
    assert {row[0] for row in ask("select distinct kind from ledger_batches")} == {"SEED"}


def test_it_shows_every_feature(demo: Any) -> None:
    _, ask = demo
    for sql, least in {
        "select 1 from orders": 300,
        "select 1 from orders where origin = 'EXTERNAL'": 1,
        "select distinct total_slices from orders where total_slices > 1": 1,
        "select 1 from order_fills where fee_amount < 0": 20,
        "select 1 from order_fills where fee_currency = 'BNB'": 5,
        "select 1 from order_fills where is_rounded": 1,
        "select 1 from order_fills where kind = 'BUST'": 1,
        "select 1 from order_fills where kind = 'CORRECTION'": 1,
        "select 1 from order_fills as f inner join instruments as i "
        "on f.instrument_id = i.instrument_id where f.fee_currency = i.base_currency "
        "and i.instrument_type = 'SPOT' and f.side = 'BUY'": 2,
        "select distinct status from order_events where status is not null": 8,
        "select distinct event_type from order_events": 11,
        "select distinct action from risk_events": 3,
        "select 1 from cash_movements where kind = 'FUNDING'": 20,
        "select 1 from kill_switch_events": 4,
        "select 1 from order_events as e inner join order_fills as f on e.order_id = f.order_id "
        "where e.status = 'CANCELLED' and f.executed_at > e.occurred_at": 1,
    }.items():
        assert len(ask(sql)) >= least, sql


def test_no_order_is_filled_beyond_its_quantity(demo: Any) -> None:
    _, ask = demo
    assert not ask(
        "select o.order_id from orders as o inner join order_fills as f on o.order_id = f.order_id "
        "where f.kind = 'TRADE' group by o.order_id, o.quantity having sum(f.quantity) > o.quantity"
    )


def test_no_spot_account_goes_short(demo: Any) -> None:
    _, ask = demo
    assert not ask(
        "select * from (select f.account_id, sum(case when f.side = 'BUY' then f.quantity "
        "else -f.quantity end - case when f.fee_currency = i.base_currency then f.fee_amount "
        "else 0 end) over (partition by f.account_id, f.instrument_id order by f.executed_at, "
        "f.fill_id rows unbounded preceding) as held from order_fills as f inner join instruments "
        "as i on f.instrument_id = i.instrument_id where i.instrument_type = 'SPOT') where held < 0"
    )


def test_flips_and_shorts(demo: Any) -> None:
    """One fill takes a book from short to long, and one from long to short."""
    _, ask = demo
    flips = ask(
        "select before < 0 and after > 0, before > 0 and after < 0 from (select after - signed as "
        "before, after from (select signed, sum(signed) over (partition by account_id, "
        "instrument_id order by executed_at, fill_id rows unbounded preceding) as after from ("
        "select *, case when side = 'BUY' then quantity else -quantity end as signed from "
        "order_fills where kind = 'TRADE'))) where sign(before) * sign(after) < 0"
    )
    assert (True, False) in flips and (False, True) in flips
