-- One row per execution a statement reports.
with source as (
    select * from {{ source('ledger', 'statement_fills') }}
    {{ known_as_of() }}
),

final as (
    select
        statement_fill_id,
        statement_id,
        exchange_order_id,
        exchange_fill_id,
        instrument_id,

        side,
        fee_currency,

        quantity,
        price,
        fee_amount,

        executed_at,

        fill_id,
        order_id,
        liquidity,
        raw_values,

        recorded_at,
        batch_id
    from source
)

select * from final
