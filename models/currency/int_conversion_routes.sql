-- One row per way from one currency to another: an instrument, or two through a third currency.
{%- set bridges = var('bridge_currencies', ['USDT', 'USD', 'USDC', 'BTC', 'EUR']) -%}
{%- set bridges = bridges.split(',') if bridges is string else bridges %}
with pairs as (
    select * from {{ ref('int_conversion_pairs') }}
),

first_ticks as (
    select
        instrument_id,
        min(event_at) as first_tick_at
    from {{ ref('stg_market_ticks') }}
    where mid_price > 0
    group by instrument_id
),

priced as (
    select
        instruments.instrument_id,
        instruments.base_currency,
        instruments.quote_currency,
        case when instruments.instrument_type = 'SPOT' then 0 else 1 end as type_rank,
        first_ticks.first_tick_at
    from {{ ref('stg_instruments') }} as instruments
    left join first_ticks
        on instruments.instrument_id = first_ticks.instrument_id
    where instruments.base_currency <> instruments.quote_currency
),

legs as (
    select
        base_currency as from_currency,
        quote_currency as to_currency,
        instrument_id,
        false as is_inverted,
        type_rank * 2 as leg_rank,
        first_tick_at
    from priced
    union all
    select
        quote_currency,
        base_currency,
        instrument_id,
        true,
        type_rank * 2 + 1,
        first_tick_at
    from priced
),

routes as (
    select
        pairs.pair_key,
        cast(null as varchar) as via_currency,
        0 as via_rank,
        legs.instrument_id as first_instrument_id,
        legs.is_inverted as is_first_inverted,
        legs.leg_rank as first_rank,
        cast(null as varchar) as second_instrument_id,
        cast(null as boolean) as is_second_inverted,
        0 as second_rank,
        legs.first_tick_at as starts_at
    from pairs
    inner join legs
        on pairs.from_currency = legs.from_currency
        and pairs.to_currency = legs.to_currency
    union all
    select
        pairs.pair_key,
        firsts.to_currency,
        case firsts.to_currency
            {%- for currency in bridges %}
            when '{{ currency | trim }}' then {{ loop.index }}
            {%- endfor %}
            else {{ bridges | length + 1 }}
        end,
        firsts.instrument_id as first_instrument_id,
        firsts.is_inverted as is_first_inverted,
        firsts.leg_rank as first_rank,
        seconds.instrument_id as second_instrument_id,
        seconds.is_inverted as is_second_inverted,
        seconds.leg_rank as second_rank,
        case
            when firsts.first_tick_at >= seconds.first_tick_at then firsts.first_tick_at
            when firsts.first_tick_at < seconds.first_tick_at then seconds.first_tick_at
        end
    from pairs
    inner join legs as firsts
        on pairs.from_currency = firsts.from_currency
    inner join legs as seconds
        on firsts.to_currency = seconds.from_currency
        and pairs.to_currency = seconds.to_currency
    where firsts.to_currency <> pairs.to_currency
),

ranked as (
    select
        *,
        row_number() over (
            partition by pair_key
            order by
                via_rank,
                via_currency,
                first_rank,
                first_instrument_id,
                second_rank,
                second_instrument_id
        ) as preference
    from routes
),

-- a route is taken from its first price on, until a better one has its own
final as (
    select
        pair_key,
        via_currency,
        first_instrument_id,
        is_first_inverted,
        second_instrument_id,
        is_second_inverted,
        preference,
        starts_at,
        min(starts_at) over (
            partition by pair_key
            order by preference
            rows between unbounded preceding and 1 preceding
        ) as ends_at
    from ranked
)

select * from final
