-- One row per fee or cash movement that only a market rate can bring to settlement currency.
{#- on SQLite a view of times needs functions that a stock shell lacks -#}
{{ config(materialized='table' if target.type == 'sqlite' else 'view') }}
with routed as (
    select distinct
        pairs.from_currency,
        pairs.to_currency
    from {{ ref('int_conversion_routes') }} as routes
    inner join {{ ref('int_conversion_pairs') }} as pairs
        on routes.pair_key = pairs.pair_key
),

final as (
    select
        conversions.kind,
        conversions.source_id,
        conversions.from_currency,
        conversions.to_currency,
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
            when conversions.rate_valid_from is not null then 'TOO_LARGE'
            else {{ missing_rate_reason('conversions.rate_valid_from', 'routed.to_currency') }}
        end as missing_reason
    from {{ ref('int_conversions') }} as conversions
    left join {{ ref('conversion_rates') }} as rates
        on conversions.from_currency = rates.from_currency
        and conversions.to_currency = rates.to_currency
        and conversions.rate_valid_from = rates.valid_from
    left join routed
        on conversions.from_currency = routed.from_currency
        and conversions.to_currency = routed.to_currency
)

select * from final
