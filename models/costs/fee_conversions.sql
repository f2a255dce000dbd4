-- One row per fill whose fee was brought to settlement currency at a market rate.
with fees as (
    select * from {{ ref('int_fees_to_convert') }}
),

pairs as (
    select distinct fee_currency, settlement_currency from fees
),

-- instruments that price one currency in the other, the likeliest first
routes as (
    select
        pairs.fee_currency,
        pairs.settlement_currency,
        instruments.instrument_id,
        instruments.base_currency = pairs.fee_currency as is_direct,
        row_number() over (
            partition by pairs.fee_currency, pairs.settlement_currency
            order by
                case when instruments.instrument_type = 'SPOT' then 0 else 1 end,
                case when instruments.base_currency = pairs.fee_currency then 0 else 1 end,
                instruments.instrument_id
        ) as preference
    from pairs
    inner join {{ ref('stg_instruments') }} as instruments
        on (
            instruments.base_currency = pairs.fee_currency
            and instruments.quote_currency = pairs.settlement_currency
        )
        or (
            instruments.base_currency = pairs.settlement_currency
            and instruments.quote_currency = pairs.fee_currency
        )
),

ticks as (
    select
        instrument_id,
        event_at,
        mid_price,
        row_number() over (
            partition by instrument_id
            order by event_at, tick_id
        ) as tick_number
    from {{ ref('stg_market_ticks') }}
    where instrument_id in (select instrument_id from routes) and mid_price > 0
),

moments as (
    select instrument_id, event_at as moment, tick_number, 0 as is_fee from ticks
    union all
    select distinct routes.instrument_id, fees.executed_at, 0, 1
    from fees
    inner join routes
        on fees.fee_currency = routes.fee_currency
        and fees.settlement_currency = routes.settlement_currency
),

-- the newest tick at or before each moment
latest as (
    select
        instrument_id,
        moment,
        is_fee,
        max(tick_number) over (
            partition by instrument_id
            order by moment, is_fee, tick_number
            rows between unbounded preceding and current row
        ) as tick_number
    from moments
),

rated as (
    select
        fees.fill_id,
        fees.fee_amount,
        routes.is_direct,
        ticks.instrument_id as rate_instrument_id,
        ticks.mid_price as rate,
        ticks.event_at as rated_at,
        row_number() over (
            partition by fees.fill_id
            order by routes.preference
        ) as choice
    from fees
    inner join routes
        on fees.fee_currency = routes.fee_currency
        and fees.settlement_currency = routes.settlement_currency
    inner join latest
        on routes.instrument_id = latest.instrument_id
        and fees.executed_at = latest.moment
        and latest.is_fee = 1
    inner join ticks
        on latest.instrument_id = ticks.instrument_id
        and latest.tick_number = ticks.tick_number
),

final as (
    select
        fill_id,
        case
            when is_direct then round(fee_amount * rate, 12)
            else {{ divide('fee_amount', 'rate') }}
        end as fee_settlement,
        rate_instrument_id,
        rate,
        rated_at
    from rated
    where choice = 1
)

select * from final
