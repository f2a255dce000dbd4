-- One row per pair of currencies and moment from which a rate between them holds.
with routes as (
    select
        *,
        row_number() over (
            partition by pair_key
            order by starts_at
        ) as route_number
    from {{ ref('int_conversion_routes') }}
    where starts_at < coalesce(ends_at, timestamp '9999-12-31')
),

route_instruments as (
    select first_instrument_id as instrument_id from routes
    union
    select second_instrument_id from routes
    where via_currency is not null
),

ticks as (
    select
        ticks.instrument_id,
        ticks.event_at,
        ticks.mid_price,
        row_number() over (
            partition by ticks.instrument_id
            order by ticks.event_at, ticks.tick_id
        ) as tick_number
    from {{ ref('stg_market_ticks') }} as ticks
    inner join route_instruments
        on ticks.instrument_id = route_instruments.instrument_id
    where ticks.mid_price > 0
),

-- Route and tick are one number, so that the largest so far is the latest tick of the best route.
-- A route begins with the ticks that were the latest then.
prices as (
    select
        routes.pair_key,
        case when ticks.event_at < routes.starts_at then routes.starts_at else ticks.event_at end
            as valid_from,
        routes.route_number * 1000000000000 + ticks.tick_number as first_code,
        case when routes.via_currency is null then routes.route_number * 1000000000000 end
            as second_code
    from routes
    inner join ticks
        on routes.first_instrument_id = ticks.instrument_id
    where ticks.event_at < coalesce(routes.ends_at, timestamp '9999-12-31')
    union all
    select
        routes.pair_key,
        case when ticks.event_at < routes.starts_at then routes.starts_at else ticks.event_at end,
        null,
        routes.route_number * 1000000000000 + ticks.tick_number
    from routes
    inner join ticks
        on routes.second_instrument_id = ticks.instrument_id
    where ticks.event_at < coalesce(routes.ends_at, timestamp '9999-12-31')
),

changes as (
    select
        pair_key,
        valid_from,
        max(first_code) as first_code,
        max(second_code) as second_code
    from prices
    group by pair_key, valid_from
),

codes as (
    select
        pair_key,
        valid_from,
        cast(row_number() over so_far as integer) as rate_number,
        max(first_code) over so_far as first_code,
        max(second_code) over so_far as second_code
    from changes
    window so_far as (
        partition by pair_key
        order by valid_from
        rows between unbounded preceding and current row
    )
),

legs as (
    select
        codes.pair_key,
        codes.valid_from,
        codes.rate_number,
        routes.via_currency,
        routes.first_instrument_id,
        routes.is_first_inverted,
        firsts.mid_price as first_price,
        firsts.event_at as first_priced_at,
        routes.second_instrument_id,
        routes.is_second_inverted,
        seconds.mid_price as second_price,
        seconds.event_at as second_priced_at
    from codes
    inner join routes
        on codes.pair_key = routes.pair_key
        and codes.first_code // 1000000000000 = routes.route_number
    inner join ticks as firsts
        on routes.first_instrument_id = firsts.instrument_id
        and codes.first_code % 1000000000000 = firsts.tick_number
    left join ticks as seconds
        on routes.second_instrument_id = seconds.instrument_id
        and codes.second_code % 1000000000000 = seconds.tick_number
),

final as (
    select
        pairs.pair_key,
        legs.rate_number,
        pairs.from_currency,
        pairs.to_currency,
        legs.valid_from,
        {{ convert('cast(1 as decimal(38, 12))', 'legs') }} as rate,
        case
            when legs.second_priced_at < legs.first_priced_at then legs.second_priced_at
            else legs.first_priced_at
        end as rated_at,
        legs.via_currency,
        legs.first_instrument_id,
        legs.is_first_inverted,
        legs.first_price,
        legs.first_priced_at,
        legs.second_instrument_id,
        legs.is_second_inverted,
        legs.second_price,
        legs.second_priced_at
    from legs
    inner join {{ ref('int_conversion_pairs') }} as pairs
        on legs.pair_key = pairs.pair_key
)

select * from final
