-- One row per tick that quotes a price, numbered by instrument and time.
with quotes as (
    select
        ticks.instrument_id,
        ticks.tick_id,
        ticks.bid_price,
        ticks.ask_price,
        ticks.mid_price,
        ticks.event_at
    from {{ ref('stg_market_ticks') }} as ticks
    inner join {{ ref('stg_instruments') }} as instruments
        on ticks.instrument_id = instruments.instrument_id
    -- feeds send zeros where nobody quotes
    where ticks.mid_price > 0 or instruments.allows_negative_price
),

instruments as (
    select
        instrument_id,
        cast(row_number() over (order by instrument_id) as integer) as instrument_key
    from quotes
    group by instrument_id
),

numbered as (
    select
        row_number() over (
            order by instruments.instrument_key, quotes.event_at, quotes.tick_id
        ) as tick_number,
        instruments.instrument_key,
        instruments.instrument_id,
        quotes.bid_price,
        quotes.ask_price,
        quotes.mid_price,
        quotes.event_at
    from quotes
    inner join instruments on quotes.instrument_id = instruments.instrument_id
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
