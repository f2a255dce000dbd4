-- One row per filled order of an instrument with ticks: its fills against the mids around them.
{%- set horizon = "interval " ~ var('realized_spread_seconds', 300) ~ " second" %}
with fills as (
    select
        fills.order_id,
        instruments.instrument_key,
        fills.executed_at,
        fills.quantity
    from {{ ref('int_fills_effective') }} as fills
    inner join {{ ref('int_instruments_ticked') }} as instruments
        on fills.instrument_id = instruments.instrument_id
),

-- the mid some time after a fill is the mid at the fill of ticks that came so much earlier
moments as (
    select
        instrument_key,
        event_at as moment,
        1 as is_tick,
        tick_number,
        cast(null as bigint) as later_tick_number,
        cast(null as uuid) as order_id,
        cast(null as decimal(38, 12)) as quantity
    from {{ ref('int_ticks_numbered') }}
    union all
    select instrument_key, event_at - {{ horizon }}, 1, null, tick_number, null, null
    from {{ ref('int_ticks_numbered') }}
    union all
    select instrument_key, executed_at, 0, null, null, order_id, quantity
    from fills
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
    left join {{ ref('int_ticks_numbered') }} as at_fill
        on latest.at_fill_number = at_fill.tick_number
        and latest.instrument_key = at_fill.instrument_key
    left join {{ ref('int_ticks_numbered') }} as later
        on latest.later_number = later.tick_number
        and latest.instrument_key = later.instrument_key
    where latest.is_tick = 0
),

-- products keep their 24 decimals until they are summed
totals as (
    select
        order_id,
        sum(quantity) as quantity,
        sum(quantity * mid) as mid_value,
        sum(quantity * later_mid) as later_mid_value,
        case when min(mid) = max(mid) then min(mid) end as only_mid,
        case when min(later_mid) = max(later_mid) then min(later_mid) end as only_later_mid,
        count(*) > count(mid) as lacks_tick,
        max(case when is_stale then 1 else 0 end) = 1 as has_stale_tick,
        max(case when is_later_stale then 1 else 0 end) = 1 as has_stale_later_tick,
        min(tick_number) as first_tick_number,
        max(tick_number) as last_tick_number,
        min(moment) as first_filled_at,
        max(moment) as last_filled_at
    from quoted
    group by order_id
),

final as (
    select
        order_id,
        -- most orders fill faster than quotes change, and a division is what costs here
        coalesce(only_mid, {{ average('mid_value', 'quantity') }}) as fill_mid,
        coalesce(only_later_mid, {{ average('later_mid_value', 'quantity') }}) as later_mid,
        lacks_tick,
        has_stale_tick,
        has_stale_later_tick,
        first_tick_number,
        last_tick_number,
        first_filled_at,
        last_filled_at
    from totals
)

select * from final
