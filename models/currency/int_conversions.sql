-- One row per fee or cash movement that only a market rate can bring to settlement currency.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale="kind = 'CASH' or source_id in (select fill_id from " ~ ref('int_changed_fills') ~ ")",
) }}
with amounts as (
    select
        'FEE' as kind,
        fill_id as source_id,
        fee_currency as from_currency,
        settlement_currency as to_currency,
        executed_at as moment,
        fee_amount as amount
    from {{ ref('int_fees_to_convert') }}
    {%- if is_incremental() %}
    where fill_id in (select fill_id from {{ ref('int_changed_fills') }})
    {%- endif %}
    union all
    select
        'CASH',
        movement_id,
        currency,
        settlement_currency,
        occurred_at,
        amount
    from {{ ref('int_cash_to_convert') }}
),

events as (
    select
        pairs.pair_key,
        amounts.moment,
        1 as is_amount,
        null as rate_number,
        amounts.kind,
        amounts.source_id,
        amounts.amount
    from amounts
    inner join {{ ref('int_conversion_pairs') }} as pairs
        on amounts.from_currency = pairs.from_currency
        and amounts.to_currency = pairs.to_currency
    union all
    select
        pair_key,
        valid_from,
        0,
        rate_number,
        null,
        null,
        null
    from {{ ref('conversion_rates') }}
),

-- the newest rate at or before each moment
latest as (
    select
        pair_key,
        moment,
        is_amount,
        max(rate_number) over (
            partition by pair_key
            order by moment, is_amount
            rows between unbounded preceding and current row
        ) as rate_number,
        kind,
        source_id,
        amount
    from events
),

final as (
    select
        latest.kind,
        latest.source_id,
        pairs.from_currency,
        pairs.to_currency,
        latest.moment,
        latest.amount,
        {{ convert('latest.amount', 'rates') }} as converted_amount,
        rates.valid_from as rate_valid_from
    from latest
    inner join {{ ref('int_conversion_pairs') }} as pairs
        on latest.pair_key = pairs.pair_key
    left join {{ ref('conversion_rates') }} as rates
        on latest.pair_key = rates.pair_key
        and latest.rate_number = rates.rate_number
    where latest.is_amount = 1
)

select * from final
