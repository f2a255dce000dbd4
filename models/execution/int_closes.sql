-- One row per instrument and UTC day with a tick that quotes a price: the day's last mid.
with days as (
    select
        instrument_id,
        cast(event_at as date) as close_date,
        max(tick_number) as tick_number
    from {{ ref('int_ticks_numbered') }}
    group by instrument_id, cast(event_at as date)
),

final as (
    select
        days.instrument_id,
        days.close_date,
        ticks.mid_price as close_mid,
        ticks.event_at as close_tick_at
    from days
    inner join {{ ref('int_ticks_numbered') }} as ticks on days.tick_number = ticks.tick_number
)

select * from final
