-- Orders that were sent while a kill switch was on: the account's own, or that of all accounts.
--
-- Each switch is on from the event that throws it until the one that releases it; releasing the
-- account's own does not release that of all, nor the other way round. An order first seen at a
-- venue counts from the moment it was first seen there.
--
-- Columns:
--   order_id uuid: the order
--   client_order_id text: its idempotency key
--   account_id text: the account
--   trader_id text: who wanted it; null without a request that says so
--   instrument_id text: the instrument
--   side text: BUY or SELL
--   quantity decimal(38, 12): base units or contracts
--   sent_at timestamp: when it was sent, UTC
--   switch text: ACCOUNT or ALL
--   thrown_at timestamp: since when the switch was on, UTC
--   thrown_by text: who threw it
--   reason text: why
--   seconds_after bigint: from the throw to the order, whole seconds
--   event_id uuid: the event of the switch
--   batch_id bigint: the batch the order came with
-- Parameters:
--   grace_seconds bigint, default 0: orders so soon after the throw are left out, seconds
with params as (
    select cast(0 as bigint) as grace_seconds
),

phases as (
    select
        *,
        lead(occurred_at) over (
            partition by account_id order by occurred_at, recorded_at, event_id
        ) as ended_at
    from kill_switch_events
),

-- consecutive throws are one phase each; an order falls into the last of them
final as (
    select
        orders.order_id,
        orders.client_order_id,
        orders.account_id,
        requests.trader_id,
        orders.instrument_id,
        orders.side,
        orders.quantity,
        orders.sent_at,
        case when phases.account_id is null then 'ALL' else 'ACCOUNT' end as switch,
        phases.occurred_at as thrown_at,
        phases.actor as thrown_by,
        phases.reason,
        date_diff('second', phases.occurred_at, orders.sent_at) as seconds_after,
        phases.event_id,
        orders.batch_id
    from orders
    cross join params
    inner join phases
        on (phases.account_id is null or orders.account_id = phases.account_id)
        and orders.sent_at >= phases.occurred_at
        and (phases.ended_at is null or orders.sent_at < phases.ended_at)
    left join order_requests as requests
        on orders.order_request_id = requests.order_request_id
    where phases.enabled
        and date_diff('second', phases.occurred_at, orders.sent_at) >= params.grace_seconds
)

select * from final
order by sent_at, order_id, switch
