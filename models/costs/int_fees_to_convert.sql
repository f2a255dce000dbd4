-- One row per effective fill whose fee only a market rate can bring to settlement currency.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale='fill_id in (select fill_id from ' ~ ref('int_changed_fills') ~ ')',
) }}
with final as (
    select
        fills.fill_id,
        fills.fee_amount,
        fills.fee_currency,
        books.settlement_currency,
        fills.executed_at
    from {{ ref('int_fills_effective') }} as fills
    inner join {{ ref('int_books') }} as books
        on fills.account_id = books.account_id
        and fills.instrument_id = books.instrument_id
    where fills.fee_amount <> 0
        and fills.fee_currency <> books.settlement_currency
        -- the fill's own price is the rate between its base and its quote currency
        and not (
            fills.fee_currency = books.base_currency
            and books.settlement_currency = books.quote_currency
        )
        and not (
            fills.fee_currency = books.quote_currency
            and books.settlement_currency = books.base_currency
        )
        {%- if is_incremental() %}
        and {{ is_changed_fill('fills.fill_id', 'fills.executed_at') }}
        {%- endif %}
)

select * from final
