"""Orders replayed from their facts: against what is published, at a moment, or step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from runner.audit import fact_stream
from runner.audit.fact_stream import Life, Until
from runner.audit.fold import FINAL, Event, Fill, OrderFold, State, place_of
from runner.audit.transitions import Legal, Transition, legal_transitions, transitions
from runner.engines.base import Engine
from runner.errors import SelectionError, UsageError

STATE_COLUMNS = tuple(f.name for f in fields(State))
_MISSING = "order"  # what differs where only one side has the order


@dataclass(frozen=True)
class Difference:
    """`column` is one of order_state; `order` where only one of the two has the order at all."""

    order_id: str
    client_order_id: str | None
    column: str
    published: Any
    replayed: Any


@dataclass
class Tally:
    """What a replay went through; it is whole when the replay's last difference was taken."""

    orders: int = 0
    events: int = 0
    fills: int = 0
    differing: int = 0
    late: int = 0
    illegal: int = 0


@dataclass(frozen=True)
class Step:
    """One fact of an order, and where it leaves the order; `fact` is None for the order itself."""

    happened_at: datetime
    fact: Event | Fill | None
    state: State
    batch_id: int
    transition: Transition | None
    note: str


def compare(engine: Engine, tally: Tally, through: int | None = None) -> Iterator[Difference]:
    """Each order folded from nothing, where it is not as `order_state` has it; `tally` is filled.

    Facts of batches after `through` are left out.
    """
    legal = legal_transitions(engine)
    for life in fact_stream.lives(engine, through=through):
        tally.orders += life.opening is not None
        tally.events += len(life.events)
        tally.fills += len(life.fills)
        for transition in transitions(life.events, legal).values():
            tally.late += transition.verdict == "late"
            tally.illegal += transition.verdict == "illegal"
        found = differences(life)
        tally.differing += bool(found)
        yield from found


def differences(life: Life) -> list[Difference]:
    """Where the published state is not what the facts come to, column by column."""
    replayed, published = _folded(life), life.published
    if replayed is None or published is None:
        known = replayed or published
        if known is None:
            return []
        sides = (None, known.status) if published is None else (known.status, None)
        return [Difference(life.order_id, known.client_order_id, _MISSING, *sides)]
    return [
        Difference(life.order_id, replayed.client_order_id, column, theirs, ours)
        for column in STATE_COLUMNS
        if (theirs := getattr(published, column)) != (ours := getattr(replayed, column))
    ]


def states(engine: Engine, until: Until, through: int | None = None) -> Iterator[tuple[str, State]]:
    """Each order that had been sent or had an event or fill until then, and its state."""
    for life in fact_stream.lives(engine, until=until, through=through, with_published=False):
        state = _folded(life)
        if state is not None and (life.events or life.fills or state.sent_at <= until.moment):
            yield life.order_id, state


def _folded(life: Life) -> State | None:
    if life.opening is None:
        return None
    fold = OrderFold(life.opening)
    for event in life.events:
        fold.take(event)
    for fill in life.fills:
        fold.take(fill)
    return fold.state


def steps(life: Life, legal: Legal | None) -> Iterator[Step]:
    """The order, then each event and fill by business time; within a moment events go first."""
    if life.opening is None:
        return
    changes = transitions(life.events, legal)
    names = {fill.fill_id: fill.exchange_fill_id or fill.fill_id for fill in life.fills}
    fold = OrderFold(life.opening)
    yield Step(life.opening.sent_at, None, fold.state, life.opening.batch_id, None, "")
    facts: list[Event | Fill] = [*life.events, *life.fills]
    for fact in sorted(facts, key=_place):
        stated = fold.stated
        fold.take(fact)
        if isinstance(fact, Event):
            change = changes.get(fact.sequence_number)
            yield Step(fact.occurred_at, fact, fold.state, fact.batch_id, change, "")
        else:
            note = _note(fact, stated, names)
            yield Step(fact.executed_at, fact, fold.state, fact.batch_id, None, note)


def _place(fact: Event | Fill) -> tuple[datetime, int, Any]:
    if isinstance(fact, Event):
        return fact.occurred_at, 0, place_of(fact)
    return fact.executed_at, 1, (fact.recorded_at, fact.fill_id)


def _note(fill: Fill, stated: str | None, names: Mapping[str, str]) -> str:
    if fill.corrects is not None:
        verb = "cancels" if fill.kind == "BUST" else "replaces"
        return f"{verb} {names.get(fill.corrects, fill.corrects)}"
    return f"late: the order was {stated}" if stated in FINAL else ""


def until_of(engine: Engine, text: str) -> Until:
    """A sequence number, or a moment (UTC, or with its offset).

    SelectionError (R206) for a number no event has, and a moment before the first order or event.
    """
    from runner.moments import moment_of

    if text.strip().isdecimal():
        number = int(text)
        rows = list(
            engine.query(
                f"select occurred_at from order_events where sequence_number = {number}"
            ).rows
        )
        if not rows:
            raise SelectionError(
                "R206", f"no event has the sequence number {number}", why=_numbers(engine),
                mend="name one of them, or a moment",
            )  # fmt: skip
        return Until(rows[0][0], number)
    try:
        moment = moment_of(text)
    except UsageError as error:
        error.what = f"'{text}' is neither a sequence number nor a moment"
        raise
    ((first,),) = engine.query(
        "select min(happened_at) as first_moment from ("
        "select min(sent_at) as happened_at from orders "
        "union all select min(occurred_at) from order_events "
        "union all select min(executed_at) from order_fills) as firsts"
    ).rows
    if first is None or moment < first:
        raise SelectionError(
            "R206",
            f"nothing had happened at {moment}",
            why=f"the first order is of {first}" if first else "the ledger has no order",
            mend="name a later moment",
        )
    return Until(moment)


def _numbers(engine: Engine) -> str:
    ((low, high),) = engine.query(
        "select min(sequence_number) as low, max(sequence_number) as high from order_events"
    ).rows
    return f"the ledger has {low} to {high}" if high else "the ledger has no event"
