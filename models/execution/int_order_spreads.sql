-- One row per filled order of an instrument with ticks: mean mids, by quantity and by time.
with ends as (
    select
        fills.*,
        -- one tick stood for all of the interval, as for most orders: they fill faster than quotes
        -- change, and divisions are what costs here
        case when opening.tick_number = closing.tick_number then opening.mid_price end
            as steady_mid,
        cast(
            date_diff('microsecond', fills.first_filled_at, fills.last_filled_at)
            as decimal(38, 12)
        ) as duration_us,
        closing.mid_microseconds
        + closing.mid_price
        * date_diff('microsecond', closing.event_at, fills.last_filled_at)
        - opening.mid_microseconds
        - opening.mid_price
        * date_diff('microsecond', opening.event_at, fills.first_filled_at)
            as mid_microseconds
    from {{ ref('int_fills_quoted') }} as fills
    left join {{ ref('int_ticks_numbered') }} as opening
        on fills.first_tick_number = opening.tick_number
    left join {{ ref('int_ticks_numbered') }} as closing
        on fills.last_tick_number = closing.tick_number
),

final as (
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
    from ends
)

select * from final
