-- One row per UTC day from the first fill, opening lot or cash movement to the last, or last tick.
with known as (
    select min(executed_at) as first_at, max(executed_at) as last_at
    from {{ ref('stg_order_fills') }}
    union all
    select min(acquired_at), max(acquired_at)
    from {{ ref('stg_opening_lots') }}
    union all
    select min(occurred_at), max(occurred_at)
    from {{ ref('stg_cash_movements') }}
    union all
    select null, max(event_at)
    from {{ ref('stg_market_ticks') }}
),

span as (
    select
        cast(min(first_at) as date) as first_day,
        date_diff('day', min(first_at), max(last_at)) as last_number
    from known
),

digits (digit) as (
    values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)
),

-- the larger digits first: where few days are numbered, few numbers are made
days as (
    select
        span.first_day
        + cast(
            e.digit * 10000 + d.digit * 1000 + c.digit * 100 + b.digit * 10 + a.digit as integer
        ) as day
    from span
    inner join digits as e on e.digit * 10000 <= span.last_number
    inner join digits as d on e.digit * 10000 + d.digit * 1000 <= span.last_number
    inner join
        digits as c
        on e.digit * 10000 + d.digit * 1000 + c.digit * 100 <= span.last_number
    inner join
        digits as b
        on e.digit * 10000 + d.digit * 1000 + c.digit * 100 + b.digit * 10 <= span.last_number
    inner join
        digits as a
        on
            e.digit * 10000 + d.digit * 1000 + c.digit * 100 + b.digit * 10 + a.digit
            <= span.last_number
),

final as (
    select
        day,
        cast(day as timestamp) + interval 1 day - interval 1 microsecond as closes_at
    from days
)

select * from final
