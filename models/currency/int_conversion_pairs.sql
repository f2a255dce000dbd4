-- One row per pair of currencies that something is converted between.
with reported as (
    select from_currency, to_currency
    from {{ ref('int_reporting_pairs') }}
    where from_currency <> to_currency
),

pairs as (
    select fee_currency as from_currency, settlement_currency as to_currency
    from {{ ref('int_fees_to_convert') }}
    union
    select currency, settlement_currency
    from {{ ref('int_cash_to_convert') }}
    union
    select from_currency, to_currency
    from reported
),

final as (
    select
        cast(row_number() over (order by from_currency, to_currency) as integer) as pair_key,
        from_currency,
        to_currency
    from pairs
)

select * from final
