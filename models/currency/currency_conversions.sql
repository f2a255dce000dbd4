-- One row per fee or cash movement that only a market rate can bring to settlement currency.
{#- on SQLite a view of times needs functions that a stock shell lacks -#}
{{ config(materialized='table' if target.type == 'sqlite' else 'view') }}
with routed as (
    select distinct pair_key
    from {{ ref('int_conversion_routes') }}
),

final as (
    select
        conversions.kind,
        conversions.source_id,
        pairs.from_currency,
        pairs.to_currency,
        conversions.moment,
        conversions.amount,
        conversions.converted_amount,
        rates.rate,
        rates.rated_at,
        date_diff('second', rates.rated_at, conversions.moment) as rate_age_seconds,
        rates.via_currency,
        rates.first_instrument_id,
        rates.is_first_inverted,
        rates.first_price,
        rates.first_priced_at,
        rates.second_instrument_id,
        rates.is_second_inverted,
        rates.second_price,
        rates.second_priced_at,
        case
            when conversions.converted_amount is not null then null
            when conversions.rate_number is not null then 'TOO_LARGE'
            else {{ missing_rate_reason('conversions.rate_number', 'routed.pair_key') }}
        end as missing_reason
    from {{ ref('int_conversions') }} as conversions
    inner join {{ ref('int_conversion_pairs') }} as pairs
        on conversions.pair_key = pairs.pair_key
    left join {{ ref('conversion_rates') }} as rates
        on conversions.pair_key = rates.pair_key
        and conversions.rate_number = rates.rate_number
    left join routed on conversions.pair_key = routed.pair_key
)

select * from final
