-- One row per order of an instrument with ticks: the quotes it was requested and sent at.
{%- set remeasured = ref('int_remeasured_orders') %}
{#- of a table it is known how large it is, and so which side of a join is to be kept #}
{%- set ticks = 'near' if is_incremental() else ref('int_ticks_numbered') %}
with orders as (
    select
        timed.order_id,
        instruments.instrument_key,
        timed.requested_at,
        timed.sent_at
    from {{ ref('int_orders_timed') }} as timed
    inner join {{ ref('int_instruments_ticked') }} as instruments
        on timed.instrument_id = instruments.instrument_id
    {%- if is_incremental() %}
    where {{ is_told_of_order_in(remeasured, 'timed.order_id', 'timed.batch_id') }}
    {%- else %}
    where {{ in_slice('instruments.instrument_key') }}
    {%- endif %}
),

steps as (
    select
        order_id,
        true as is_request,
        instrument_key,
        requested_at as moment
    from orders
    where requested_at is not null
    union all
    select order_id, false, instrument_key, sent_at
    from orders
    where sent_at is not null
),

{{ ticks_near('steps', ref('int_ticks_numbered')) }},

moments as (
    select
        *,
        0 as is_tick,
        cast(null as bigint) as tick_number
    from steps
    union all
    select null, null, instrument_key, event_at, 1, tick_number
    from near
),

latest as (
    select
        order_id,
        instrument_key,
        is_tick,
        is_request,
        {{ latest_tick('tick_number') }} as tick_number
    from moments
),

chosen as (
    select
        order_id,
        min(instrument_key) as instrument_key,
        max(case when is_request then tick_number end) as arrival_tick_number,
        max(case when not is_request then tick_number end) as sent_tick_number
    from latest
    where is_tick = 0
    group by order_id
),

final as (
    select
        chosen.order_id,
        arrival.bid_price as arrival_bid,
        arrival.ask_price as arrival_ask,
        arrival.mid_price as arrival_mid,
        arrival.event_at as arrival_tick_at,
        sent.mid_price as sent_mid,
        sent.event_at as sent_tick_at
    from chosen
    left join {{ ticks }} as arrival
        on chosen.arrival_tick_number = arrival.tick_number
        and chosen.instrument_key = arrival.instrument_key
    left join {{ ticks }} as sent
        on chosen.sent_tick_number = sent.tick_number
        and chosen.instrument_key = sent.instrument_key
)

select * from final
