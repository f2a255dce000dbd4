-- One row per filled order of an instrument with ticks: the mean mid between its fills, by time.
with ends as (
    select
        spreads.order_id,
        -- one tick stood for all of the interval
        case when opening.tick_number = closing.tick_number then opening.mid_price end
            as steady_mid,
        cast(
            date_diff('microsecond', spreads.first_filled_at, spreads.last_filled_at)
            as decimal(38, 12)
        ) as duration_us,
        closing.mid_microseconds
        + closing.mid_price
        * date_diff('microsecond', closing.event_at, spreads.last_filled_at)
        - opening.mid_microseconds
        - opening.mid_price
        * date_diff('microsecond', opening.event_at, spreads.first_filled_at)
            as mid_microseconds
    from {{ ref('int_order_spreads') }} as spreads
    inner join {{ ref('int_ticks_numbered') }} as opening
        on spreads.first_tick_number = opening.tick_number
    inner join {{ ref('int_ticks_numbered') }} as closing
        on spreads.last_tick_number = closing.tick_number
    where not spreads.lacks_tick and not spreads.has_stale_tick
),

final as (
    select
        order_id,
        coalesce(steady_mid, {{ divide('mid_microseconds', 'duration_us') }}) as interval_twap
    from ends
)

select * from final
