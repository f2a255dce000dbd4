-- Fills of orders that were over: cancelled, rejected, expired or failed when the fill was
-- executed.
--
-- The order's status at the fill's execution is that of its last event before, those left out that
-- tell of fills. A fill within `grace_seconds` of the end is left out: a venue may fill what it has
-- not yet taken off its book. Corrections and busts are about a trade of before, and left out.
--
-- Columns:
--   fill_id uuid: the fill
--   order_id uuid: its order
--   client_order_id text: the order's idempotency key
--   account_id text: the account
--   instrument_id text: the instrument
--   venue text: where it traded
--   side text: BUY or SELL
--   quantity decimal(38, 12): base units or contracts
--   price decimal(38, 12): quote units
--   status text: what the order was then
--   ended_at timestamp: since when, UTC
--   executed_at timestamp: when it traded, UTC
--   seconds_after bigint: from the order's end to the fill, whole seconds
--   recorded_at timestamp: when the ledger learned it, UTC
--   batch_id bigint: the batch it came with
-- Parameters:
--   grace_seconds bigint, default 0: fills so soon after the end are left out, seconds
with params as (
    select cast(0 as bigint) as grace_seconds
),

ended as (
    select distinct order_id
    from order_events
    where status in ('CANCELLED', 'REJECTED', 'EXPIRED', 'FAILED')
),

statuses as (
    select
        fills.fill_id,
        events.status,
        events.occurred_at,
        row_number() over (
            partition by fills.fill_id
            order by events.occurred_at desc, events.sequence_number desc
        ) as recency
    from order_fills as fills
    inner join ended on fills.order_id = ended.order_id
    inner join order_events as events
        on fills.order_id = events.order_id
        and events.occurred_at < fills.executed_at
    where fills.kind = 'TRADE'
        and events.status is not null
        and events.event_type not in ('EXECUTED', 'FILLED', 'CORRECTED', 'BUSTED')
),

final as (
    select
        fills.fill_id,
        fills.order_id,
        orders.client_order_id,
        fills.account_id,
        fills.instrument_id,
        fills.venue,
        fills.side,
        fills.quantity,
        fills.price,
        statuses.status,
        statuses.occurred_at as ended_at,
        fills.executed_at,
        date_diff('second', statuses.occurred_at, fills.executed_at) as seconds_after,
        fills.recorded_at,
        fills.batch_id
    from statuses
    cross join params
    inner join order_fills as fills on statuses.fill_id = fills.fill_id
    inner join orders on fills.order_id = orders.order_id
    where statuses.recency = 1
        and statuses.status in ('CANCELLED', 'REJECTED', 'EXPIRED', 'FAILED')
        and date_diff('second', statuses.occurred_at, fills.executed_at) >= params.grace_seconds
)

select * from final
order by executed_at, fill_id
