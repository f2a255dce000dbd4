-- One row per execution, correction or bust.
with source as (
    select * from {{ source('ledger', 'order_fills') }}
    {{ known_as_of() }}
),

final as (
    select
        fill_id,
        order_id,
        account_id,
        instrument_id,
        exchange_fill_id,
        corrects_fill_id,

        venue,
        side,
        fee_currency,
        liquidity,
        kind,
        is_rounded,

        quantity,
        price,
        fee_amount,

        executed_at,

        recorded_at,
        batch_id,
        source_row
    from source
)

select * from final
