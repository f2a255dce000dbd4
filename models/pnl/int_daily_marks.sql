-- One row per instrument and UTC day with a tick: the day's last mid.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale=of_changed_ticks('int_daily_marks', day='mark_date'),
) }}
with latest as (
    select
        ticks.instrument_id,
        cast(ticks.event_at as date) as mark_date,
        max(ticks.event_at) as event_at
    from {{ ref('stg_market_ticks') }} as ticks
    {{ join_changed_ticks('ticks', by_day=true) }}
    group by ticks.instrument_id, cast(ticks.event_at as date)
),

ranked as (
    select
        latest.instrument_id,
        latest.mark_date,
        ticks.mid_price,
        ticks.event_at,
        row_number() over (
            partition by latest.instrument_id, latest.mark_date
            order by ticks.tick_id desc
        ) as recency
    from {{ ref('stg_market_ticks') }} as ticks
    inner join latest
        on ticks.instrument_id = latest.instrument_id
        and ticks.event_at = latest.event_at
),

final as (
    select
        instrument_id,
        mark_date,
        mid_price as mark_price,
        event_at as marked_at
    from ranked
    where recency = 1
)

select * from final
