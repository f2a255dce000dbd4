"""What is told of an order, and the query that tells it.

Each query gives, for the order `{order}`: `happened_at`, `id`, then what is said of it, for a fact
the batch it came with, and `told_as` where what it tells is of several kinds. It may ask for what
earlier steps have told, and is left out where they told nothing of the kind: `{fills}` is a query
of the ids of the order's fills, `{books}` a condition on the accounts and instruments of these,
`{costed_at}` the moment of its costs.

Large tables have no index on what is asked here: each is read once, by as few columns as it takes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """`rank` puts steps of one moment into the order in which they follow from one another."""

    kind: str
    rank: int
    tables: tuple[str, ...]
    sql: str


_MARKET = """
    select
        ticks.event_at as happened_at,
        ticks.tick_id as id,
        ticks.bid_price,
        ticks.ask_price,
        ticks.mid_price,
        '{moment}' as at_moment,
        ticks.batch_id
    from market_ticks as ticks
    inner join (
        select max(earlier.event_at) as event_at, max(earlier.instrument_id) as instrument_id
        from market_ticks as earlier
        inner join ({asked}) as asked
            on earlier.instrument_id = asked.instrument_id and earlier.event_at <= asked.moment
    ) as latest
        on ticks.instrument_id = latest.instrument_id and ticks.event_at = latest.event_at
"""
# the order's own row names its request, or the terms that came after its first fill
_NAMED = """
            select order_request_id from orders where order_id = {order}
            union
            select order_request_id from order_events
            where order_id = {order} and event_type = 'RESTATED'
        """
_NAMED_BY_ORDER = f"""
        inner join ({_NAMED}) as named
            on requests.order_request_id = named.order_request_id
"""
_REQUESTED = f"""
        select requests.instrument_id, requests.requested_at as moment
        from order_requests as requests{_NAMED_BY_ORDER}"""
_SENT = """
        select instrument_id, sent_at as moment from orders where order_id = {order}
"""


def _restatement(subject: str, *terms: str) -> Step:
    """Terms of the order's account or instrument, stated anew."""
    table, key = f"{subject}_restatements", f"{subject}_id"
    columns = ", ".join(f"restated.{name}" for name in (key, *terms, "actor", "reason", "batch_id"))
    return Step(
        "restatement",
        9,
        (table, "orders"),
        f"select restated.restated_at as happened_at, restated.restatement_id as id, {columns} "
        f"from {table} as restated inner join orders on restated.{key} = orders.{key} "
        "where orders.order_id = {order}",
    )


STEPS = (
    Step(
        "signal",
        0,
        ("signals", "order_requests", "orders", "order_events"),
        """
        select
            signals.occurred_at as happened_at,
            signals.signal_id as id,
            signals.side,
            signals.confidence,
            signals.strategy_payload,
            signals.batch_id
        from signals
        inner join order_requests as requests on signals.signal_id = requests.signal_id"""
        + _NAMED_BY_ORDER,
    ),
    Step(
        "market",
        1,
        ("market_ticks", "order_requests", "orders", "order_events"),
        _MARKET.replace("{asked}", _REQUESTED).replace("{moment}", "request"),
    ),
    Step(
        "request",
        2,
        ("order_requests", "orders", "order_events"),
        """
        select
            requests.requested_at as happened_at,
            requests.order_request_id as id,
            requests.client_request_id,
            requests.trader_id,
            requests.side,
            requests.order_type,
            requests.quantity,
            requests.limit_price,
            requests.stop_price,
            requests.time_in_force,
            requests.batch_id
        from order_requests as requests"""
        + _NAMED_BY_ORDER,
    ),
    Step(
        "risk check",
        3,
        ("risk_events", "orders", "order_events"),
        """
        select
            risk.occurred_at as happened_at,
            risk.risk_event_id as id,
            risk.action,
            risk.rule,
            risk.details,
            risk.batch_id
        from risk_events as risk
        where risk.order_id = {order} or risk.order_request_id in ("""
        + _NAMED
        + """)
        """,
    ),
    Step("market", 4, ("market_ticks", "orders"),
         _MARKET.replace("{asked}", _SENT).replace("{moment}", "send")),
    Step(
        "order",
        5,
        ("orders",),
        """
        select
            sent_at as happened_at,
            order_id as id,
            account_id,
            instrument_id,
            venue,
            client_order_id,
            exchange_order_id,
            side,
            order_type,
            quantity,
            limit_price,
            stop_price,
            time_in_force,
            origin,
            batch_id
        from orders
        where order_id = {order}
        """,
    ),
    Step(
        "event",
        6,
        ("order_events", "orders"),
        """
        select
            occurred_at as happened_at,
            event_id as id,
            sequence_number,
            event_type,
            status,
            venue_status,
            reason,
            error_code,
            latency_ms,
            order_quantity,
            limit_price,
            actor,
            data,
            batch_id
        from order_events
        where order_id = {order}
        union all
        select
            events.occurred_at,
            events.event_id,
            events.sequence_number,
            events.event_type,
            events.status,
            events.venue_status,
            events.reason,
            events.error_code,
            events.latency_ms,
            events.order_quantity,
            events.limit_price,
            events.actor,
            events.data,
            events.batch_id
        from order_events as events
        inner join orders on events.order_request_id = orders.order_request_id
        where events.order_id is null and orders.order_id = {order}
        """,
    ),
    Step(
        "fill",
        7,
        ("order_fills",),
        """
        select
            executed_at as happened_at,
            fill_id as id,
            exchange_fill_id,
            kind,
            side,
            quantity,
            price,
            fee_amount,
            fee_currency,
            liquidity,
            corrects_fill_id,
            raw_values,
            batch_id
        from order_fills
        where order_id = {order}
        """,
    ),
    Step(
        "lot",
        8,
        ("lot_matches",),
        # both sides at once: the table is the largest there is
        """
        with matches as (
            select *
            from lot_matches
            where {books} and (closing_order_id = {order} or opening_fill_id in ({fills}))
        )

        select
            closed_at as happened_at,
            closing_fill_id as id,
            'lot closed' as told_as,
            opening_fill_id,
            null as closing_fill_id,
            null as closing_order_id,
            direction,
            quantity,
            open_price,
            close_price,
            gross_pnl,
            opening_fee,
            closing_fee,
            net_pnl,
            currency,
            pnl_method
        from matches
        where closing_order_id = {order}
        union all
        select
            closed_at,
            opening_fill_id,
            'lot was closed',
            null,
            closing_fill_id,
            closing_order_id,
            direction,
            quantity,
            open_price,
            close_price,
            gross_pnl,
            null,
            null,
            net_pnl,
            currency,
            null
        from matches
        where opening_fill_id in ({fills})
        order by told_as
        """,
    ),
    _restatement(
        "instrument", "instrument_type", "base_currency", "quote_currency", "settlement_currency",
        "multiplier", "is_inverse", "allows_negative_price",
    ),
    _restatement("account", "venue", "trader_id", "base_currency", "account_type"),
    Step(
        "state",
        10,
        ("order_state",),
        """
        select
            last_event_at as happened_at,
            order_id as id,
            status,
            quantity,
            filled_quantity,
            leaves_quantity,
            average_fill_price
        from order_state
        where order_id = {order}
        """,
    ),
    Step(
        "costs",
        11,
        ("order_costs",),
        """
        select
            last_filled_at as happened_at,
            order_id as id,
            fill_count,
            notional,
            fee_total,
            fee_currency,
            fee_total_settlement,
            settlement_currency,
            fee_rate_bps
        from order_costs
        where order_id = {order}
        """,
    ),
    Step(
        "pnl",
        12,
        ("order_pnl", "order_costs"),
        """
        select
            {costed_at} as happened_at,
            order_id as id,
            closed_quantity,
            realized_gross_pnl,
            fees,
            realized_net_pnl,
            currency,
            pnl_method
        from order_pnl
        where order_id = {order}
        """,
    ),
    Step(
        "break",
        13,
        ("exchange_reconciliation",),
        """
        select
            first_seen_at as happened_at,
            break_id as id,
            break_type,
            ledger_value,
            exchange_value,
            difference,
            severity,
            resolution
        from exchange_reconciliation
        where order_id = {order}
        """,
    ),
)  # fmt: skip
