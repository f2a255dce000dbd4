-- One row per filled order of an instrument with ticks: the mids at its fills and after them.
{%- set remeasured = ref('int_remeasured_orders') %}
{#- of a table it is known how large it is, and so which side of a join is to be kept #}
{%- set ticks = 'near' if is_incremental() else ref('int_ticks_numbered') %}
{%- set horizon = realized_spread_horizon() %}
with fills as (
    select
        fills.order_id,
        instruments.instrument_key,
        fills.executed_at as moment,
        fills.quantity
    from {{ ref('int_fills_effective') }} as fills
    inner join {{ ref('int_instruments_ticked') }} as instruments
        on fills.instrument_id = instruments.instrument_id
    {%- if is_incremental() %}
    where fills.order_id in (select order_id from {{ remeasured }})
        and fills.executed_at >= (select min(first_filled_at) from {{ remeasured }})
    {%- else %}
    where {{ in_slice('instruments.instrument_key') }}
    {%- endif %}
),

{{ ticks_near('fills', ref('int_ticks_numbered'), later=horizon) }},

-- the mid some time after a fill is the mid at the fill of ticks that came so much earlier
moments as (
    select
        order_id,
        quantity,
        instrument_key,
        moment,
        0 as is_tick,
        cast(null as bigint) as tick_number,
        cast(null as bigint) as later_tick_number
    from fills
    union all
    select null, null, instrument_key, event_at, 1, tick_number, null
    from near
    union all
    select null, null, instrument_key, event_at - {{ horizon }}, 1, null, tick_number
    from near
),

latest as (
    select
        *,
        {{ latest_tick('tick_number') }} as at_fill_number,
        {{ latest_tick('later_tick_number') }} as later_number
    from moments
),

quoted as (
    select
        latest.order_id,
        latest.moment,
        latest.quantity,
        at_fill.tick_number,
        at_fill.mid_price as mid,
        later.mid_price as later_mid,
        {{ is_stale('at_fill.event_at', 'latest.moment') }} as is_stale,
        {{ is_stale('later.event_at', 'latest.moment + ' ~ horizon) }} as is_later_stale
    from latest
    left join {{ ticks }} as at_fill
        on latest.at_fill_number = at_fill.tick_number
        and latest.instrument_key = at_fill.instrument_key
    left join {{ ticks }} as later
        on latest.later_number = later.tick_number
        and latest.instrument_key = later.instrument_key
    where latest.is_tick = 0
),

valued as (
    select
        *,
        {{ short_product('quantity', 'mid') }} as short_mid_value,
        {{ short_product('quantity', 'later_mid') }} as short_later_mid_value
    from quoted
),

orders as (
    select
        order_id,
        sum(quantity) as quantity,
        sum({{ rounded_product('quantity', 'mid', 'short_mid_value') }}) as mid_value,
        sum({{ product_rest('quantity', 'mid', 'short_mid_value') }}) as mid_value_rest,
        sum({{ rounded_product('quantity', 'later_mid', 'short_later_mid_value') }})
            as later_mid_value,
        sum({{ product_rest('quantity', 'later_mid', 'short_later_mid_value') }})
            as later_mid_value_rest,
        case when min(later_mid) = max(later_mid) then min(later_mid) end as only_later_mid,
        count(*) > count(mid) as lacks_tick,
        count(*) > count(later_mid) as lacks_later_tick,
        max(case when is_stale then 1 else 0 end) = 1 as has_stale_tick,
        max(case when is_later_stale then 1 else 0 end) = 1 as has_stale_later_tick,
        min(tick_number) as first_tick_number,
        max(tick_number) as last_tick_number,
        min(moment) as first_filled_at,
        max(moment) as last_filled_at
    from valued
    group by order_id
),

final as (
    select
        orders.order_id,
        orders.quantity,
        orders.mid_value,
        orders.mid_value_rest,
        orders.later_mid_value,
        orders.later_mid_value_rest,
        orders.only_later_mid,
        orders.lacks_tick,
        orders.lacks_later_tick,
        orders.has_stale_tick,
        orders.has_stale_later_tick,
        -- one tick stood for all of the interval, as for most orders: they fill faster than quotes
        -- change, and divisions are what costs here
        case when opening.tick_number = closing.tick_number then opening.mid_price end
            as steady_mid,
        cast(
            date_diff('microsecond', orders.first_filled_at, orders.last_filled_at)
            as decimal(38, 12)
        ) as duration_us,
        closing.mid_microseconds
        + closing.mid_price
        * date_diff('microsecond', closing.event_at, orders.last_filled_at)
        - opening.mid_microseconds
        - opening.mid_price
        * date_diff('microsecond', opening.event_at, orders.first_filled_at)
            as mid_microseconds
    from orders
    left join {{ ticks }} as opening on orders.first_tick_number = opening.tick_number
    left join {{ ticks }} as closing on orders.last_tick_number = closing.tick_number
)

select * from final
