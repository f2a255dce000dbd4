"""What an order's row says beyond the order: its status, and the terms of one first seen on fills.

An order that stands as EXTERNAL without a quantity was first seen on its fills. Its terms, when
canonical-orders brings them, are appended as one RESTATED event: facts are never changed.
"""

from __future__ import annotations

from collections.abc import Mapping

from runner.engines.base import Column
from runner.engines.staging import Staging
from runner.ingest import duplicates
from runner.ingest.candidates import Candidates
from runner.ingest.facts import FactTable
from runner.ingest.functions import uuid5_sql
from runner.ingest.shapes.events import EVENT

_TABLE = "ingest_order_steps"
# the word for the step that left an order in a status
_EVENT_TYPE = "case keep_event_status when 'PARTIAL' then 'EXECUTED' else keep_event_status end"
_TERMS = (
    "client_order_id", "order_type", "stop_price", "time_in_force", "slice_number", "total_slices",
    "sent_at",
)  # fmt: skip


def mark_restatements(
    staging: Staging, candidates: Candidates, facts: Mapping[str, FactTable]
) -> None:
    """Set apart the rows that bring the terms of an order first seen on its fills."""
    table, fact = candidates.table, facts["orders"]
    wanted = ("order_id", "instrument_id", "side", "origin", "quantity")
    known = staging.ledger(
        fact.name,
        [c for c in fact.columns if c.name in wanted],
        "order_id",
        f"select order_id from {table} where problem is null",
    )
    staging.run(f"alter table {table} add column is_restatement boolean default false")
    staging.run(
        f"update {table} set is_restatement = true, is_duplicate = true, problem = case "
        f"when l.side <> {table}.side or l.instrument_id <> {table}.instrument_id then "
        f"'conflict its fills are a ' || l.side || ' of ' || l.instrument_id || ', the order is a '"
        f" || {table}.side || ' of ' || {table}.instrument_id end "
        f"from {known} as l where {table}.order_id = l.order_id and {table}.problem is null "
        f"and l.origin = 'EXTERNAL' and l.quantity is null"
    )


def build(staging: Staging, candidates: Candidates, facts: Mapping[str, FactTable]) -> Candidates:
    """The events that rows of orders make, those the ledger has marked as duplicates."""
    steps = made(staging, candidates, facts)
    duplicates.mark(staging, steps, facts["order_events"])
    return steps


def made(staging: Staging, candidates: Candidates, facts: Mapping[str, FactTable]) -> Candidates:
    """The events that rows of orders make: RESTATED terms, and each status but PENDING."""
    fact = facts["order_events"]
    columns = tuple(c for c in fact.columns if c.name in EVENT.columns)
    staging.run(
        f"create or replace temp table {_TABLE} as\n"
        f"{_select(columns, _restated(), candidates, 'is_restatement')}\n"
        f"union all\n"
        f"{_select(columns, _status(), candidates, _HAS_STATUS)}"
    )
    return Candidates(
        _TABLE, EVENT, columns, candidates.has_raw, candidates.has_item, made_of=candidates.shape
    )


_HAS_STATUS = "keep_event_status <> 'PENDING'"


def _restated() -> dict[str, str]:
    terms = ", ".join(f"{name} := cast({name} as varchar)" for name in _TERMS)
    return {
        "event_id": uuid5_sql("order_event", "cast(order_id as varchar)", "'terms'"),
        "event_type": "'RESTATED'",
        "order_quantity": "quantity",
        "limit_price": "limit_price",
        "data": f"cast(to_json(struct_pack({terms})) as varchar)",
        "occurred_at": "sent_at",
    }


def _status() -> dict[str, str]:
    return {
        "event_id": uuid5_sql(
            "order_event", "cast(order_id as varchar)",
            "'status ' || keep_event_status || '@' || ingest_moment(keep_event_at)",
        ),
        "event_type": _EVENT_TYPE,
        "status": "keep_event_status",
        "venue_status": "keep_event_venue_status",
        "reason": "keep_event_reason",
        "occurred_at": "keep_event_at",
    }  # fmt: skip


def _select(
    columns: tuple[Column, ...], values: Mapping[str, str], rows: Candidates, condition: str
) -> str:
    given = {"order_id": "order_id", "order_request_id": "order_request_id", **values}
    listed = ", ".join(
        f"cast({given.get(c.name, 'null')} as {_type(c)}) as {c.name}" for c in columns
    )
    return (
        f"select row_id, {'item, ' if rows.has_item else ''}cast(null as varchar) as problem, "
        f"false as is_duplicate, {listed} from {rows.table} where problem is null and {condition}"
    )


def _type(column: Column) -> str:
    from runner.ingest.candidates import type_sql

    return type_sql(column.type)
