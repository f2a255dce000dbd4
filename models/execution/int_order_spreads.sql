-- One row per filled order of an instrument with ticks: mean mids, by quantity and by time.
with final as (
    select
        order_id,
        lacks_tick,
        lacks_later_tick,
        has_stale_tick,
        has_stale_later_tick,
        coalesce(
            steady_mid,
            {{ mean_price('mid_value', 'mid_value_rest', 'quantity') }}
        ) as fill_mid,
        coalesce(
            only_later_mid,
            {{ mean_price('later_mid_value', 'later_mid_value_rest', 'quantity') }}
        ) as later_mid,
        coalesce(steady_mid, {{ divide('mid_microseconds', 'duration_us') }}) as interval_twap
    from {{ ref('int_fills_quoted') }}
)

select * from final
