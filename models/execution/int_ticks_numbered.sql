-- One row per tick that quotes a price, numbered by instrument and time.
with quotes as (
    select
        ticks.instrument_id,
        instruments.instrument_key,
        ticks.tick_id,
        ticks.bid_price,
        ticks.ask_price,
        ticks.mid_price,
        ticks.event_at
    from {{ ref('stg_market_ticks') }} as ticks
    inner join {{ ref('int_instruments_numbered') }} as instruments
        on ticks.instrument_id = instruments.instrument_id
    -- feeds send zeros where nobody quotes
    where ticks.mid_price > 0 or instruments.allows_negative_price
),

numbered as (
    select
        row_number() over (order by instrument_key, event_at, tick_id) as tick_number,
        instrument_key,
        instrument_id,
        bid_price,
        ask_price,
        mid_price,
        event_at
    from quotes
),

held as (
    select
        *,
        lag(mid_price) over tick_order as previous_mid,
        date_diff('microsecond', lag(event_at) over tick_order, event_at) as held_us
    from numbered
    window tick_order as (partition by instrument_key order by tick_number)
),

final as (
    select
        tick_number,
        instrument_key,
        instrument_id,
        bid_price,
        ask_price,
        mid_price,
        event_at,
        sum(coalesce(previous_mid * held_us, 0)) over (
            partition by instrument_key
            order by tick_number
            rows between unbounded preceding and current row
        ) as mid_microseconds
    from held
)

select * from final
