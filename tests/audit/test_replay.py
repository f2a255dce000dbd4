"""Replay: the published states told again from the facts, and whatever is not as they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runner.audit.fact_stream import Until
from runner.audit.replay import Tally, compare, states
from runner.config import Target
from runner.engines.base import Engine, open_engine
from tests.conftest import ENGINES, MadeProject, Outcome
from tests.models.harness import build, empty_ledger
from tests.models.order_histories import INSTRUMENTS, OrderHistory, write_orders

pytestmark = pytest.mark.either_engine

Cli = Callable[..., Outcome]


@pytest.fixture(params=ENGINES)
def built(built_demo: Callable[[str], Path], request: pytest.FixtureRequest) -> MadeProject:
    """The demo ledger, built: to be read only."""
    return MadeProject(built_demo(request.param), request.param)


@pytest.fixture
def demo(built: MadeProject, tmp_path: Path) -> MadeProject:
    """A copy to tamper with."""
    return built.copied(tmp_path / "copy")


@pytest.mark.parametrize("seed", range(3))
def test_random_lives_come_to_what_the_model_says(engine_name: str, seed: int) -> None:
    history = OrderHistory(seed, 120)
    with closing(empty_ledger(engine_name)) as ledger:
        write_orders(ledger, INSTRUMENTS, history.quotes, history.orders, history.fills)
        build(ledger, ["order_state"])
        tally = Tally()
        assert list(compare(ledger, tally)) == []
        assert (tally.orders, tally.fills) == (len(history.orders), len(history.fills))
        # one at a time: what had happened until then, and nothing of what came after
        moment = sorted(f.executed_at for f in history.fills)[len(history.fills) // 2]
        then = dict(states(ledger, Until(moment)))
        late = {o.order_id for o in history.orders if o.quantity and o.sent_at > moment}
        early = {f.order_id for f in history.fills if f.executed_at <= moment}
        assert early <= then.keys() and not (late - early) & then.keys()
        done = {f.order_id for f in history.fills} - {
            f.order_id for f in history.fills if f.executed_at > moment
        }
        final = dict(states(ledger, Until(datetime(2999, 1, 1))))
        for order_id in done & then.keys():
            assert then[order_id].filled_quantity == final[order_id].filled_quantity


def test_the_demo_is_as_published(built: MadeProject, cli: Cli) -> None:
    outcome = cli(built, "replay", "--format", "json")
    assert (outcome.exit_code, json.loads(outcome.stdout)) == (0, [])
    assert "replayed 309 orders from 1,171 events and 523 fills" in outcome.stderr


def unguarded(project: MadeProject) -> Engine:
    engine = open_engine(Target("t", project.engine, project.database))
    engine.lift_guard("order_state")
    return engine


@pytest.mark.parametrize(
    ("change", "column", "published", "replayed"),
    [
        ("update order_state set status = 'CANCELLED'", "status", "CANCELLED", "FILLED"),
        ("update order_state set filled_quantity = 7", "filled_quantity", "7", "0.2"),
        ("delete from order_state", "order", "", "FILLED"),
    ],
)
def test_a_tampered_state_is_found(
    demo: MadeProject, cli: Cli, change: str, column: str, published: str, replayed: str
) -> None:
    with closing(unguarded(demo)) as engine:
        engine.execute(f"{change} where client_order_id = 'c-ord-0001'")
    outcome = cli(demo, "replay", "--format", "json")
    assert outcome.exit_code == 1
    (found,) = json.loads(outcome.stdout)
    assert found["client_order_id"] == "c-ord-0001"
    assert (found["column_name"], found["published"]) == (column, published)
    assert found["replayed"] == replayed
    assert cli(demo, "replay", "--order", "c-ord-0001").exit_code == 1
    assert cli(demo, "replay", "--order", "c-ord-0002").exit_code == 0


def test_facts_that_no_build_has_taken_in_are_no_difference(demo: MadeProject, cli: Cli) -> None:
    header, _, rows = (demo.root / "seeds/demo/canonical-fills.csv").read_text().partition("\n")
    late = rows.splitlines()[2].replace("fill-0003", "fill-9999")
    demo.write({"late.csv": f"{header}\n{late}\n"})
    assert cli(demo, "ingest", "late.csv", "--format", "canonical-fills").exit_code == 0
    outcome = cli(demo, "replay")
    assert outcome.exit_code == 0, outcome.stdout
    assert "are not published yet, and were left out" in outcome.stderr
    walk = cli(demo, "replay", "--order", "c-ord-0001")
    assert "fill-9999" in walk.stdout


def walked(project: MadeProject, cli: Cli, order: str, *words: str) -> list[dict[str, Any]]:
    outcome = cli(project, "replay", "--order", order, "--format", "json", *words)
    assert outcome.exit_code == 0, outcome.stderr
    told: list[dict[str, Any]] = json.loads(outcome.stdout)
    return told


def test_a_walk_shows_each_fact_and_where_it_leaves_the_order(built: MadeProject, cli: Cli) -> None:
    walk = walked(built, cli, "c-ord-0013")
    told = [(s["fact"].split()[1] if s["what"] != "order" else "sent",
             s["status"], Decimal(s["filled_quantity"])) for s in walk]  # fmt: skip
    assert told == [
        ("sent", "PENDING", 0),
        ("SUBMITTED", "PENDING", 0),
        ("ACCEPTED", "ACCEPTED", 0),
        ("TRADE", "PARTIAL", 60),
        ("EXECUTED", "PARTIAL", 60),
        ("TRADE", "FILLED", 100),
        ("FILLED", "FILLED", 100),
        ("BUST", "PARTIAL", 60),
        ("BUSTED:", "PARTIAL", 60),
    ]
    assert walk[7]["note"] == "cancels fill-0024"
    assert walk[8]["transition"] == "FILLED to PARTIAL (late)"
    # any id leads there, and the walk can stop at an event's number or at a moment
    assert walked(built, cli, "fill-0024") == walk
    number = walk[4]["last_sequence_number"]
    assert walked(built, cli, "c-ord-0013", "--until", str(number)) == walk[:5]
    assert walked(built, cli, "c-ord-0013", "--until", "2026-03-03T13:05+01:00") == walk[:7]


def test_a_late_fill_is_told_as_one(demo: MadeProject, cli: Cli) -> None:
    ((order, client, at),) = demo.rows(
        "select orders.exchange_order_id, orders.client_order_id, events.occurred_at "
        "from orders inner join order_events as events on orders.order_id = events.order_id "
        "where events.status = 'CANCELLED' and orders.venue = 'northex' "
        "and orders.account_id = 'alpha' and orders.instrument_id = 'BTC-PERP' "
        "order by events.sequence_number limit 1"
    )
    ((side,),) = demo.rows(f"select side from orders where client_order_id = '{client}'")
    header = (demo.root / "seeds/demo/canonical-fills.csv").read_text().partition("\n")[0]
    executed = str(at)[:10] + "T23:59:59Z"
    terms = f"late-1,{side},1,50000,-0.0025,USDT,MAKER,{executed},TRADE,"
    demo.write({"late.csv": f"{header}\nnorthex,alpha,BTC-PERP,{order},{terms}\n"})
    assert cli(demo, "ingest", "late.csv", "--format", "canonical-fills").exit_code == 0
    outcome = cli(demo, "build", "-q")
    assert outcome.exit_code == 0, outcome.stderr
    last = walked(demo, cli, str(client))[-1]
    assert last["note"] == "late: the order was CANCELLED"
    assert last["status"] == "CANCELLED" and last["leaves_quantity"] == "0.000000000000"
    assert cli(demo, "replay").exit_code == 0


def test_watched_without_a_terminal_it_is_plain_lines(built: MadeProject, cli: Cli) -> None:
    outcome = cli(built, "replay", "--order", "c-ord-0013", "--watch")
    assert outcome.exit_code == 0
    assert len(outcome.stdout.splitlines()) == 10
    assert "\x1b" not in outcome.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--until", "2020-01-01"], "error[R206]: nothing had happened at 2020-01-01 00:00:00"),
        (["--until", "99999"], "the ledger has 1 to 1171"),
        (["--until", "²"], "error[R200]: '²' is neither a sequence number nor a moment"),
        (["--until", "0001-01-01T00:00+14:00"], "is neither a sequence number nor a moment"),
        (["--until", "soon"], "error[R200]: 'soon' is neither a sequence number nor a moment"),
        (["--order", "c-ord-001x"], "did you mean 'c-ord-001"),
        (["--watch"], "error[R200]"),
    ],
)
def test_what_cannot_be_replayed(built: MadeProject, cli: Cli, words: list[str], said: str) -> None:
    outcome = cli(built, "replay", *words)
    assert outcome.exit_code == 2
    assert said in outcome.stderr


def test_a_database_without_states_says_what_to_build(
    make: Callable[..., MadeProject], cli: Cli
) -> None:
    project = make({"models/one.sql": "select 1 as n"})
    assert "error[R301]" in cli(project, "replay").stderr
    assert cli(project, "build").exit_code == 0
    outcome = cli(project, "replay")
    assert outcome.exit_code == 2
    assert "error[R209]: orders is not in ledger." in outcome.stderr


def test_until_states_each_order_as_it_stood(built: MadeProject, cli: Cli) -> None:
    outcome = cli(built, "replay", "--until", "2026-03-02T09:13:03", "--format", "json")
    (only,) = json.loads(outcome.stdout)
    assert only["client_order_id"] == "c-ord-0001"
    assert (only["status"], only["filled_quantity"]) == ("PARTIAL", "0.050000000000")
