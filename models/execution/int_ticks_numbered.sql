-- One row per tick that quotes a price, numbered by instrument and time.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale=of_changed_ticks('int_ticks_numbered', moment='event_at'),
) }}
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
    {{ join_changed_ticks('ticks') }}
    -- feeds send zeros where nobody quotes
    where ticks.mid_price > 0 or instruments.allows_negative_price
),

-- the tick before an instrument's first in `quotes`, where one is
{%- if is_incremental() %}
standing as (
    select
        ticks.instrument_key,
        max(ticks.tick_number) as tick_number
    from {{ this }} as ticks
    inner join {{ ref('int_changed_ticks') }} as changed
        on ticks.instrument_id = changed.instrument_id
        and ticks.event_at < changed.changed_from
    group by ticks.instrument_key
),

before as (
    select ticks.*
    from {{ this }} as ticks
    inner join standing on ticks.tick_number = standing.tick_number
),
{%- else %}
before as (
    select
        instrument_key,
        cast(null as bigint) as tick_number,
        cast(null as decimal(38, 12)) as mid_price,
        cast(null as timestamp) as event_at,
        cast(null as decimal(38, 12)) as mid_microseconds
    from {{ ref('int_instruments_numbered') }}
    where 1 = 0
),
{%- endif %}

-- each instrument has a range of numbers of its own, which no other's ticks can shift
numbered as (
    select
        quotes.*,
        coalesce(before.tick_number, quotes.instrument_key * cast(100000000000 as bigint))
        + row_number() over tick_order as tick_number,
        coalesce(lag(quotes.mid_price) over tick_order, before.mid_price) as previous_mid,
        date_diff(
            'microsecond',
            coalesce(lag(quotes.event_at) over tick_order, before.event_at),
            quotes.event_at
        ) as held_us,
        coalesce(before.mid_microseconds, 0) as mid_microseconds_before
    from quotes
    left join before on quotes.instrument_key = before.instrument_key
    window tick_order as (
        partition by quotes.instrument_key
        order by quotes.event_at, quotes.tick_id
    )
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
        mid_microseconds_before + sum(coalesce(previous_mid * held_us, 0)) over (
            partition by instrument_key
            order by tick_number
            rows between unbounded preceding and current row
        ) as mid_microseconds
    from numbered
)

select * from final
