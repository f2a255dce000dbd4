"""An order's story, told from the demo ledger: the requests' own lifecycle, in time."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from runner.audit.trace import find_orders, trace
from runner.cli.main import run
from runner.config import load_config
from runner.engines.base import Engine, open_engine
from runner.errors import SelectionError
from tests.canonical_files import FILLS_HEADER, INSTRUMENT, fill
from tests.conftest import ENGINES, ROOT


@pytest.fixture(scope="module", params=ENGINES)
def demo(built_demo: Callable[[str], Path], request: pytest.FixtureRequest) -> Any:
    """The demo ledger, built: its folder, and its target's name."""
    return built_demo(request.param), request.param


@pytest.fixture
def engine(demo):
    root, target = demo
    opened = open_engine(load_config(root).target(target), read_only=True)
    yield opened
    opened.close()


def one(engine: Engine, sql: str) -> str:
    return str(next(iter(engine.query(sql).rows))[0])


def test_the_whole_life_of_an_order_is_told_in_its_order(engine):
    (order_id,) = find_orders(engine, "c-ord-0001")
    story = trace(engine, order_id)
    told = [entry.kind for entry in story]
    assert told[:6] == ["market", "market", "signal", "request", "risk check", "order"]
    assert told.count("fill") == 3
    assert told.count("event") == 5
    # what follows from a fill stands after it
    assert told.index("costs") > max(i for i, kind in enumerate(told) if kind == "fill")
    moments = [entry.happened_at for entry in story if entry.happened_at]
    assert moments == sorted(moments)
    (request,) = (entry for entry in story if entry.kind == "request")
    assert request.details["client_request_id"] == "req-0001"
    (state,) = (entry for entry in story if entry.kind == "state")
    assert state.details["status"] == "FILLED"


def test_every_fact_names_its_batch_and_hash(engine):
    (order_id,) = find_orders(engine, "c-ord-0001")
    known = dict(engine.query("select batch_id, chain_hash from ledger_batches").rows)
    facts = [entry for entry in trace(engine, order_id) if entry.table in
             ("orders", "order_events", "order_fills", "order_requests", "signals")]  # fmt: skip
    assert len(facts) == 11
    assert all(entry.chain_hash == known[entry.batch_id] for entry in facts)


def test_every_fill_shows_the_row_it_was_made_of(engine):
    (order_id,) = find_orders(engine, "c-ord-0001")
    fills = [entry for entry in trace(engine, order_id) if entry.kind == "fill"]
    for entry in fills:
        name, _, line = str(entry.details["source"]).rpartition(":")
        assert name == "seeds/demo/canonical-fills.csv"
        seed = (ROOT / name).read_text(encoding="utf-8").splitlines()
        assert entry.details["raw"] == seed[int(line) - 1]


def test_lots_are_told_from_both_sides(engine):
    opening, closing = next(
        iter(
            engine.query(
                "select fills.order_id, matches.closing_order_id from lot_matches as matches "
                "inner join order_fills as fills on matches.opening_fill_id = fills.fill_id "
                "where fills.order_id <> matches.closing_order_id "
                "order by matches.closed_at, matches.opening_fill_id limit 1"
            ).rows
        )
    )
    closed = [e for e in trace(engine, str(opening)) if e.kind == "lot was closed"]
    assert str(closing) in {str(e.details["closing_order_id"]) for e in closed}
    closes = [e for e in trace(engine, str(closing)) if e.kind == "lot closed"]
    total = sum(e.details["gross_pnl"] for e in closes)
    stated = one(
        engine,
        f"select realized_gross_pnl from order_pnl where cast(order_id as text) = '{closing}'",
    )
    assert str(total) == stated


def test_a_corrected_fill_is_told_with_its_correction(engine):
    order_id = one(engine, "select order_id from order_fills where kind = 'CORRECTION'")
    kinds = {e.details["kind"] for e in trace(engine, order_id) if e.kind == "fill"}
    assert kinds == {"TRADE", "CORRECTION"}


@pytest.mark.parametrize(
    "column",
    [
        "orders.order_id",
        "orders.client_order_id",
        "orders.exchange_order_id",
        "fills.fill_id",
        "fills.exchange_fill_id",
        "requests.client_request_id",
        "requests.order_request_id",
        "requests.signal_id",
    ],
)
def test_any_id_leads_to_its_order(engine, column):
    order_id, given = next(
        iter(
            engine.query(
                f"select orders.order_id, {column} as given from orders "
                "inner join order_fills as fills on orders.order_id = fills.order_id "
                "inner join order_requests as requests "
                "on orders.order_request_id = requests.order_request_id "
                f"where {column} is not null order by 1, 2 limit 1"
            ).rows
        )
    )
    assert str(order_id) in find_orders(engine, str(given))


def test_an_unknown_id_suggests_one_like_it(engine):
    with pytest.raises(SelectionError) as raised:
        find_orders(engine, "c-ord-000x")
    assert "did you mean 'c-ord-000" in (raised.value.mend or "")
    with pytest.raises(SelectionError, match="no order, fill, request or signal has the id 'q'"):
        find_orders(engine, "q")
    with pytest.raises(SelectionError):
        find_orders(engine, "it's")


def test_a_request_that_became_no_order(engine):
    asked = (
        "select requests.client_request_id, requests.order_request_id "
        "from order_requests as requests left join orders "
        "on requests.order_request_id = orders.order_request_id where orders.order_id is null"
    )
    (theirs, ours), *_ = engine.query(asked).rows
    for given in (theirs, ours):
        with pytest.raises(SelectionError, match=f"the request {given} became no order") as raised:
            find_orders(engine, str(given))
        assert str(ours) in (raised.value.why or "")


def test_an_id_of_an_order_and_of_anothers_fill_leads_to_both(make_ledger, cli):
    ledger = make_ledger()
    fills = FILLS_HEADER + fill(1).replace("o1,f1", "100,200") + fill(2).replace("o2,f2", "200,300")
    ledger.write({"i.csv": INSTRUMENT, "f.csv": fills})
    assert cli(ledger, "ingest", "i.csv", "--format", "canonical-instruments").exit_code == 0
    assert cli(ledger, "ingest", "f.csv", "--format", "canonical-fills").exit_code == 0
    with closing(ledger.open(read_only=True)) as opened:
        both = sorted(str(row[0]) for row in opened.query("select order_id from orders").rows)
        assert find_orders(opened, "200") == both and len(both) == 2
        assert len(find_orders(opened, "100")) == 1


def told(capsys: pytest.CaptureFixture[str], root: Path, target: str, *options: str) -> str:
    capsys.readouterr()
    words = ["trace", "order", "c-ord-0001", "--project-dir", str(root), "--target", target]
    assert run([*words, *options]) == 0
    return capsys.readouterr().out


def test_json_keeps_money_as_text(demo, capsys):
    root, target = demo
    story = json.loads(told(capsys, root, target, "--format", "json"))
    (request,) = (entry for entry in story if entry["what"] == "request")
    assert request["details"]["quantity"] == "0.600000000000"
    assert len(request["chain_hash"]) == 64
    assert request["table_name"] == "order_requests"


def test_table_and_markdown_tell_the_same(demo, capsys):
    root, target = demo
    table = told(capsys, root, target)
    markdown = told(capsys, root, target, "--format", "markdown")
    assert "client_request_id=req-0001" in table
    assert "client_request_id=req-0001" in markdown
    assert markdown.startswith("| happened_at | what | batch | details |")


def test_a_story_ends_with_the_batches_of_its_facts(demo, capsys):
    root, target = demo
    with closing(open_engine(load_config(root).target(target), read_only=True)) as engine:
        known = dict(engine.query("select batch_id, chain_hash from ledger_batches").rows)
    lines = told(capsys, root, target, "--format", "markdown").splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    named = {int(batch) for _, what, batch, _ in cells if batch and what != "batch"}
    ends = {int(batch): details for _, what, batch, details in cells if what == "batch"}
    assert ends.keys() == named
    assert [what for _, what, _, _ in cells][-len(named) :] == ["batch"] * len(named)
    assert all(f"chain_hash={known[batch]}" in details for batch, details in ends.items())
