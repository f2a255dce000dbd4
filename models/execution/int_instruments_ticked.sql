-- One row per instrument that has a tick.
with final as (
    select
        instrument_id,
        instrument_key,
        max(close_tick_at) as last_tick_at
    from {{ ref('int_closes') }}
    group by instrument_id, instrument_key
)

select * from final
