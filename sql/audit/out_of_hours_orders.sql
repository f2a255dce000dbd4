-- Orders of ours that were sent outside trading hours, or on a Saturday or Sunday.
--
-- Hours are whole ones of the clock that is `utc_offset_minutes` ahead of UTC. Where the last hour
-- is before the first, trading goes on over midnight. Orders first seen at a venue are left out:
-- when they were sent is not known.
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
--   local_hour bigint: hour of that clock, 0 to 23
--   local_weekday bigint: day of that clock, 1 Monday to 7 Sunday
--   reason text: WEEKEND or HOURS
--   batch_id bigint: the batch it came with
-- Parameters:
--   first_hour bigint, default 7: trading begins at this hour
--   last_hour bigint, default 21: and ends before this one; 24 for midnight
--   utc_offset_minutes bigint, default 0: how far the clock is ahead of UTC, minutes
--   trades_on_weekends boolean, default false: whether Saturdays and Sundays are days like others
with params as (
    select
        cast(7 as bigint) as first_hour,
        cast(21 as bigint) as last_hour,
        cast(0 as bigint) as utc_offset_minutes,
        cast(false as boolean) as trades_on_weekends
),

minutes as (
    select
        orders.*,
        epoch_us(orders.sent_at) // 60000000 + params.utc_offset_minutes as local_minute
    from orders
    cross join params
    where orders.origin = 'INTERNAL'
),

-- 1970-01-01 was a Thursday
timed as (
    select
        *,
        local_minute // 60 % 24 as local_hour,
        (local_minute // 1440 + 3) % 7 + 1 as local_weekday
    from minutes
),

judged as (
    select
        timed.*,
        timed.local_weekday >= 6 and not params.trades_on_weekends as is_weekend,
        case
            when params.first_hour <= params.last_hour
                then timed.local_hour < params.first_hour or timed.local_hour >= params.last_hour
            else timed.local_hour < params.first_hour and timed.local_hour >= params.last_hour
        end as is_outside_hours
    from timed
    cross join params
),

final as (
    select
        judged.order_id,
        judged.client_order_id,
        judged.account_id,
        requests.trader_id,
        judged.instrument_id,
        judged.side,
        judged.quantity,
        judged.sent_at,
        judged.local_hour,
        judged.local_weekday,
        case when judged.is_weekend then 'WEEKEND' else 'HOURS' end as reason,
        judged.batch_id
    from judged
    left join order_requests as requests
        on judged.order_request_id = requests.order_request_id
    where judged.is_weekend or judged.is_outside_hours
)

select * from final
order by sent_at, order_id
