"""Every order with its events, its fills and its published state, order after order in one reading.

No more than one order's facts are held at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from runner.audit.fold import Event, Fill, Opening, State
from runner.engines.base import Engine

_ORDER, _EVENT, _FILL, _STATE = range(4)
TABLES = ("orders", "order_events", "order_fills")
_NO_TEXT = "cast(null as varchar)"
_NO_NUMBER = "cast(null as decimal(38, 12))"
_NO_ID = "cast(null as bigint)"
_IS_TERMS = "event_type = 'RESTATED' and (data ->> '$.sent_at') is not null"

_COLUMNS = (
    "step, happened_at, number, word, status, said, name, id, corrects, quantity, price, "
    "filled_quantity, leaves_quantity, other_at, batch_id"
)
# what each table gives for them
_BRANCHES = (
    f"""
    select
        order_id, {_ORDER} as step, sent_at as happened_at, {_NO_ID} as number, origin as word,
        {_NO_TEXT} as status, {_NO_TEXT} as said, client_order_id as name,
        cast(order_id as varchar) as id, {_NO_TEXT} as corrects, quantity, {_NO_NUMBER} as price,
        {_NO_NUMBER} as filled_quantity, {_NO_NUMBER} as leaves_quantity,
        recorded_at as other_at, batch_id
    from orders
    """,
    f"""
    select
        order_id, {_EVENT} as step, occurred_at as happened_at, sequence_number as number,
        event_type as word, status, reason as said,
        case when {_IS_TERMS} then data ->> '$.client_order_id' end as name,
        case when {_IS_TERMS} then 'terms' end as id, {_NO_TEXT} as corrects,
        order_quantity as quantity, {_NO_NUMBER} as price, {_NO_NUMBER} as filled_quantity,
        {_NO_NUMBER} as leaves_quantity, recorded_at as other_at, batch_id
    from order_events
    """,
    f"""
    select
        order_id, {_FILL} as step, executed_at as happened_at, source_row as number, kind as word,
        {_NO_TEXT} as status, {_NO_TEXT} as said, exchange_fill_id as name,
        cast(fill_id as varchar) as id, cast(corrects_fill_id as varchar) as corrects,
        quantity, price, {_NO_NUMBER} as filled_quantity, {_NO_NUMBER} as leaves_quantity,
        recorded_at as other_at, batch_id
    from order_fills
    """,
)
_PUBLISHED = f"""
    select
        order_id, {_STATE} as step, last_event_at as happened_at, last_sequence_number as number,
        {_NO_TEXT} as word, status, {_NO_TEXT} as said, client_order_id as name,
        cast(order_id as varchar) as id, {_NO_TEXT} as corrects, quantity,
        average_fill_price as price, filled_quantity, leaves_quantity, sent_at as other_at,
        {_NO_ID} as batch_id
    from order_state
"""


@dataclass(frozen=True)
class Until:
    """Where to stop, by business time: events after `sequence_number`, and after `moment`.

    `moment` alone stops events and fills alike; with a sequence number it is that event's, and
    stops the fills.
    """

    moment: datetime
    sequence_number: int | None = None


@dataclass
class Life:
    """One order's facts, in no order; `opening` is None where they are of no known order."""

    order_id: str
    opening: Opening | None = None
    events: list[Event] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    published: State | None = None


def lives(
    engine: Engine,
    *,
    order_id: str | None = None,
    until: Until | None = None,
    through: int | None = None,
    with_published: bool = True,
) -> Iterator[Life]:
    """Each order's life by its id; facts of batches after `through` are left out."""
    branches = [
        f"{sql} where {' and '.join(conditions)}"
        for sql, conditions in zip(_BRANCHES, _conditions(order_id, until, through), strict=True)
    ]
    if with_published:
        branches.append(_PUBLISHED + (f" where {_is(order_id)}" if order_id else ""))
    # ids as text: the database makes it faster than Python would
    rows = engine.query(
        f"select cast(facts.order_id as varchar) as id_text, {_COLUMNS} "
        f"from ({' union all '.join(branches)}) as facts order by facts.order_id, facts.step"
    ).rows
    for found, group in groupby(rows, key=itemgetter(0)):
        yield _life(str(found), group)


def _is(order_id: str) -> str:
    return f"order_id = cast('{order_id}' as uuid)"


def _conditions(
    order_id: str | None, until: Until | None, through: int | None
) -> tuple[list[str], list[str], list[str]]:
    common = ["order_id is not null"]
    if order_id is not None:
        common = [_is(order_id)]
    if through is not None:
        common.append(f"batch_id <= {through}")
    orders, events, fills = list(common), list(common), list(common)
    if until is not None:
        fills.append(f"executed_at <= timestamp '{until.moment}'")
        if until.sequence_number is None:
            events.append(f"occurred_at <= timestamp '{until.moment}'")
        else:
            events.append(f"sequence_number <= {until.sequence_number}")
    return orders, events, fills


def _life(order_id: str, rows: Iterator[tuple[Any, ...]]) -> Life:
    life = Life(order_id)
    for row in rows:
        (_, step, happened_at, number, word, status, said, name, id_, corrects, quantity, price,
         filled, leaves, other_at, batch_id) = row  # fmt: skip
        if step == _ORDER:
            life.opening = Opening(order_id, name, word, quantity, happened_at, batch_id)
        elif step == _EVENT:
            life.events.append(
                Event(
                    number, word, status, quantity, happened_at, said, batch_id,
                    id_ is not None, name,
                )
            )  # fmt: skip
        elif step == _FILL:
            life.fills.append(
                Fill(
                    id_, word, corrects, quantity, price, happened_at, other_at, name, batch_id,
                    number,
                )
            )  # fmt: skip
        else:
            life.published = State(
                name, status, quantity, filled, leaves, price, other_at, happened_at, number
            )
    return life
