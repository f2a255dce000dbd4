-- One row per instrument that has a tick: its latest mid.
with latest as (
    select
        instrument_id,
        max(event_at) as event_at
    from {{ ref('stg_market_ticks') }}
    group by instrument_id
),

ranked as (
    select
        ticks.instrument_id,
        ticks.mid_price,
        ticks.event_at,
        row_number() over (partition by ticks.instrument_id order by ticks.tick_id desc)
            as recency
    from {{ ref('stg_market_ticks') }} as ticks
    inner join latest
        on ticks.instrument_id = latest.instrument_id
        and ticks.event_at = latest.event_at
),

final as (
    select
        instrument_id,
        mid_price as mark_price,
        event_at as marked_at
    from ranked
    where recency = 1
)

select * from final
