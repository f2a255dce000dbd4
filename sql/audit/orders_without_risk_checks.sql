-- Orders of ours that were sent without a decision of the risk policy.
--
-- A decision counts that is about the order or its request, and was taken before the order was sent
-- or in the same moment. Orders first seen at a venue are left out.
--
-- Columns:
--   order_id uuid: the order
--   client_order_id text: its idempotency key
--   order_request_id uuid: its request; null where it has none
--   account_id text: the account
--   trader_id text: who wanted it; null without a request that says so
--   instrument_id text: the instrument
--   side text: BUY or SELL
--   quantity decimal(38, 12): base units or contracts
--   sent_at timestamp: when it was sent, UTC
--   first_checked_at timestamp: the first decision after that, UTC; null where there is none
--   batch_id bigint: the batch it came with
-- Parameters:
--   rule text, default null: decisions by this rule alone count; null: by any
with params as (
    select cast(null as text) as rule
),

decisions as (
    select
        events.order_request_id,
        events.order_id,
        events.occurred_at
    from risk_events as events
    cross join params
    where params.rule is null or events.rule = params.rule
),

checked as (
    select
        orders.order_id,
        decisions.occurred_at
    from orders
    inner join decisions on orders.order_id = decisions.order_id
    union all
    select
        orders.order_id,
        decisions.occurred_at
    from orders
    inner join decisions on orders.order_request_id = decisions.order_request_id
),

first_checks as (
    select
        order_id,
        min(occurred_at) as first_checked_at
    from checked
    group by order_id
),

final as (
    select
        orders.order_id,
        orders.client_order_id,
        orders.order_request_id,
        orders.account_id,
        requests.trader_id,
        orders.instrument_id,
        orders.side,
        orders.quantity,
        orders.sent_at,
        first_checks.first_checked_at,
        orders.batch_id
    from orders
    left join first_checks on orders.order_id = first_checks.order_id
    left join order_requests as requests
        on orders.order_request_id = requests.order_request_id
    where orders.origin = 'INTERNAL'
        and (
            first_checks.first_checked_at is null
            or first_checks.first_checked_at > orders.sent_at
        )
)

select * from final
order by sent_at, order_id
