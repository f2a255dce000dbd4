-- One row per UTC day from the first fill or cash movement to the last fact that has a moment.
with known as (
    select min(executed_at) as first_at, max(executed_at) as last_at
    from {{ ref('stg_order_fills') }}
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

numbers as (
    select
        e.digit * 10000 + d.digit * 1000 + c.digit * 100 + b.digit * 10 + a.digit as day_number
    from digits as a
    cross join digits as b
    cross join digits as c
    cross join digits as d
    cross join digits as e
),

days as (
    select span.first_day + cast(numbers.day_number as integer) as day
    from span
    inner join numbers on numbers.day_number <= span.last_number
),

final as (
    select
        day,
        cast(day as timestamp) + interval 1 day - interval 1 microsecond as closes_at
    from days
)

select * from final
