-- One row per instrument and UTC day with a tick that quotes a price: the day's last mid.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale=of_changed_ticks('int_closes', day='close_date'),
) }}
with days as (
    select
        cast(ticks.event_at as date) as close_date,
        max(ticks.tick_number) as tick_number
    from {{ ref('int_ticks_numbered') }} as ticks
    {{ join_changed_ticks('ticks', by_day=true) }}
    group by ticks.instrument_key, cast(ticks.event_at as date)
),

final as (
    select
        ticks.instrument_id,
        ticks.instrument_key,
        days.close_date,
        days.tick_number,
        ticks.mid_price as close_mid,
        ticks.event_at as close_tick_at
    from days
    inner join {{ ref('int_ticks_numbered') }} as ticks on days.tick_number = ticks.tick_number
)

select * from final
