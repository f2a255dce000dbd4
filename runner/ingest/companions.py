"""Facts a load makes beside the rows' own: accounts, instruments and orders first seen on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runner.engines.staging import Staging
from runner.ingest import references
from runner.ingest.batch import Append
from runner.ingest.candidates import Candidates
from runner.ingest.facts import FactTable


def new_accounts(
    staging: Staging, loaded: Sequence[Candidates], facts: Mapping[str, FactTable]
) -> Append | None:
    """Accounts that stand on fresh rows and are not known: EXTERNAL, until declared."""
    parts = [
        f"select {rows.shape.account_column} as account_id, "
        f"cast({_venue(rows)} as varchar) as venue from {rows.table} "
        f"where {rows.fresh} and {rows.shape.account_column} is not null"
        for rows in loaded
        if rows.shape.account_column is not None
    ]
    if not parts:
        return None
    staging.run(
        "create or replace temp table ingest_new_accounts as select account_id, "
        f"min(venue) as venue from ({' union all '.join(parts)}) as rows group by account_id"
    )
    fact = facts["accounts"]
    known = staging.ledger(
        fact.name, fact.columns, "account_id", "select account_id from ingest_new_accounts"
    )
    return Append(
        "accounts",
        "select account_id, venue, cast(null as varchar) as trader_id, "
        "cast(null as varchar) as base_currency, 'LIVE' as account_type, 'EXTERNAL' as origin, "
        "cast(null as timestamp) as opened_at from ingest_new_accounts "
        f"where account_id not in (select account_id from {known})",
    )


def _venue(rows: Candidates) -> str:
    if any(c.name == "venue" for c in rows.columns):
        return "venue"
    return "keep_venue" if "venue" in rows.shape.keeps else "null"


def new_instruments(
    staging: Staging, loaded: Sequence[Candidates], facts: Mapping[str, FactTable]
) -> Append | None:
    """Instruments whose terms a venue's symbol tells, and that are not known."""
    fact = facts["instruments"]
    parts = [
        f"select keep_symbol as symbol, keep_instrument_type, keep_base_currency, "
        f"keep_quote_currency, keep_settlement_currency, keep_multiplier from {rows.table} "
        f"where {rows.fresh} and keep_base_currency is not null"
        for rows in loaded
        if rows.shape.makes_instruments
    ]
    if not parts:
        return None
    known = staging.ledger(fact.name, fact.columns, "instrument_id")
    staging.run(
        "create or replace temp table ingest_new_instruments as "
        "select symbol, min(keep_instrument_type) as instrument_type, "
        "min(keep_base_currency) as base_currency, min(keep_quote_currency) as quote_currency, "
        "min(keep_settlement_currency) as settlement_currency, "
        "min(keep_multiplier) as multiplier "
        f"from ({' union all '.join(parts)}) as rows "
        f"where symbol not in (select symbol from {known}) group by symbol"
    )
    return Append(
        "instruments",
        "select symbol as instrument_id, symbol, instrument_type, base_currency, quote_currency, "
        "settlement_currency, "
        "coalesce(multiplier, cast(1 as decimal(38, 12))) as multiplier, "
        "instrument_type = 'INVERSE' as is_inverse, "
        "cast(null as decimal(38, 12)) as tick_size, cast(null as decimal(38, 12)) as lot_size, "
        "false as allows_negative_price, 'EXTERNAL' as origin from ingest_new_instruments",
    )


# the columns of a row that an order is made of: a fill's are its own, an event keeps them
_FILL = (
    "order_id, account_id, venue, keep_exchange_order_id as exchange_order_id, instrument_id, "
    "side, executed_at as happened_at, fill_id as key, kind <> 'TRADE' as is_amendment"
)
_EVENT = (
    "order_id, keep_account_id as account_id, keep_venue as venue, "
    "keep_exchange_order_id as exchange_order_id, keep_instrument_id as instrument_id, "
    "keep_side as side, occurred_at as happened_at, event_id as key, false as is_amendment"
)


def new_orders(
    staging: Staging, loaded: Sequence[Candidates], facts: Mapping[str, FactTable]
) -> Append | None:
    """Orders that fresh fills execute, or fresh events are of, and that are not known; a fill that
    contradicts its order is refused.
    """
    makers = [rows for rows in loaded if rows.shape.makes_orders]
    if not makers:
        return None
    parts = [
        f"select {_FILL} from {rows.table} where {rows.fresh}"
        if rows.shape.table == "order_fills"
        else f"select {_EVENT} from {rows.table} where {rows.fresh} and {_NAMES_ORDER}"
        for rows in makers
    ]
    staging.run(
        "create or replace temp table ingest_new_orders as select order_id, "
        "min(account_id) as account_id, min(venue) as venue, "
        "min(exchange_order_id) as exchange_order_id, min(instrument_id) as instrument_id, "
        "min(side) as side, min(happened_at) as sent_at, "
        "min(side) <> max(side) or min(instrument_id) <> max(instrument_id) as is_mixed "
        f"from ({' union all '.join(parts)}) as rows group by order_id"
    )
    _tell_by_first(staging, parts)
    known = _standing_orders(staging, loaded, facts["orders"])
    for rows in makers:
        if rows.shape.table == "order_fills":
            _refuse_contradictions(staging, rows, known, parts, loaded, facts)
    return Append(
        "orders",
        "select order_id, cast(null as uuid) as order_request_id, account_id, instrument_id, "
        "venue, cast(null as varchar) as client_order_id, exchange_order_id, side, "
        "cast(null as varchar) as order_type, cast(null as decimal(38, 12)) as quantity, "
        "cast(null as decimal(38, 12)) as limit_price, "
        "cast(null as decimal(38, 12)) as stop_price, cast(null as varchar) as time_in_force, "
        "cast(null as integer) as slice_number, cast(null as integer) as total_slices, "
        "'EXTERNAL' as origin, sent_at from ingest_new_orders "
        f"where order_id not in (select order_id from {known})",
    )


def _tell_by_first(staging: Staging, makers: Sequence[str]) -> None:
    """Of rows that contradict each other the first tells what their order is: of trades, if any."""
    if not staging.rows("select 1 from ingest_new_orders where is_mixed limit 1"):
        return
    place = "(is_amendment, happened_at, key)"
    staging.run(
        "update ingest_new_orders set instrument_id = told.instrument_id, side = told.side from ("
        f"select order_id, arg_min(instrument_id, {place}) as instrument_id, "
        f"arg_min(side, {place}) as side from ({' union all '.join(makers)}) as rows "
        "where order_id in (select order_id from ingest_new_orders where is_mixed) "
        "group by order_id) as told where ingest_new_orders.order_id = told.order_id"
    )


_NAMES_ORDER = "order_id is not null and keep_symbol is not null and keep_side is not null"


def _standing_orders(staging: Staging, loaded: Sequence[Candidates], fact: FactTable) -> str:
    """A relation of the orders there are, in the ledger or in rows of the same load."""
    known = staging.ledger(
        fact.name,
        [c for c in fact.columns if c.name in ("order_id", "instrument_id", "side")],
        "order_id",
        "select order_id from ingest_new_orders",
    )
    parts = [
        f"select order_id, instrument_id, side from {rows.table} where {rows.fresh}"
        for rows in loaded
        if rows.shape.table == "orders"
    ]
    if not parts:
        return known
    parts.append(
        f"select order_id, instrument_id, side from {known} "
        "where order_id in (select order_id from ingest_new_orders)"
    )
    staging.run(
        f"create or replace temp table ingest_standing_orders as {' union all '.join(parts)}"
    )
    return "ingest_standing_orders"


def _refuse_contradictions(
    staging: Staging,
    candidates: Candidates,
    known: str,
    makers: Sequence[str],
    loaded: Sequence[Candidates],
    facts: Mapping[str, FactTable],
) -> None:
    """An order has one instrument and one side: a fill of another is not its fill."""
    terms = (
        f"select o.order_id, coalesce(l.side, o.side) as side, "
        f"coalesce(l.instrument_id, o.instrument_id) as instrument_id from ingest_new_orders as o "
        f"left join {known} as l on o.order_id = l.order_id "
        f"where o.is_mixed or l.side <> o.side or l.instrument_id <> o.instrument_id"
    )
    staging.run(f"create or replace temp table ingest_contradicted as {terms}")
    if not staging.rows("select 1 from ingest_contradicted limit 1"):
        return
    table = candidates.table
    staging.run(
        f"update {table} set problem = 'contradicts_order it is a ' || {table}.side || ' of ' || "
        f"{table}.instrument_id || ', and its order is a ' || c.side || ' of ' || c.instrument_id "
        f"from ingest_contradicted as c where {table}.order_id = c.order_id "
        f"and {candidates.fresh} and "
        f"({table}.side <> c.side or {table}.instrument_id <> c.instrument_id)"
    )
    # what amends a fill that is refused amends none that is known
    references.check(staging, candidates, facts, [r for r in loaded if r is not candidates])
    staging.run(
        "delete from ingest_new_orders where order_id not in "
        f"(select order_id from ({' union all '.join(makers)}) as rows)"
    )
