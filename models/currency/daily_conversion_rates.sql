-- One row per pair of currencies that accounts report in and UTC day: the rate at its end.
with days as (
    select
        pairs.from_currency,
        pairs.to_currency,
        converted.pair_key,
        days.day,
        days.closes_at
    from {{ ref('int_reporting_pairs') }} as pairs
    cross join {{ ref('int_ledger_days') }} as days
    left join {{ ref('int_conversion_pairs') }} as converted
        on pairs.from_currency = converted.from_currency
        and pairs.to_currency = converted.to_currency
),

events as (
    select
        pair_key,
        valid_from as moment,
        0 as is_close,
        rate_number
    from {{ ref('conversion_rates') }}
    union all
    select
        pair_key,
        closes_at,
        1,
        null
    from days
    where pair_key is not null
),

latest as (
    select
        pair_key,
        moment,
        is_close,
        max(rate_number) over (
            partition by pair_key
            order by moment, is_close
            rows between unbounded preceding and current row
        ) as rate_number
    from events
),

routed as (
    select distinct pair_key
    from {{ ref('int_conversion_routes') }}
),

final as (
    select
        days.from_currency,
        days.to_currency,
        days.day as rate_date,
        case when days.pair_key is null then 1 else rates.rate end as rate,
        rates.rated_at,
        case
            when days.pair_key is null then 0
            else date_diff('second', rates.rated_at, days.closes_at)
        end as rate_age_seconds,
        rates.via_currency,
        rates.first_instrument_id,
        days.pair_key is not null and rates.is_first_inverted as is_first_inverted,
        case when days.pair_key is null then 1 else rates.first_price end as first_price,
        rates.first_priced_at,
        rates.second_instrument_id,
        rates.is_second_inverted,
        rates.second_price,
        rates.second_priced_at,
        case
            when days.pair_key is not null
                then {{ missing_rate_reason('rates.rate_number', 'routed.pair_key') }}
        end as missing_reason
    from days
    left join latest
        on days.pair_key = latest.pair_key
        and days.closes_at = latest.moment
        and latest.is_close = 1
    left join {{ ref('conversion_rates') }} as rates
        on latest.pair_key = rates.pair_key
        and latest.rate_number = rates.rate_number
    left join routed on days.pair_key = routed.pair_key
)

select * from final
