-- One row per instrument.
with source as (
    select * from {{ source('ledger', 'instruments') }}
    {{ known_as_of() }}
),

final as (
    select
        instrument_id,

        symbol,
        instrument_type,
        base_currency,
        quote_currency,
        settlement_currency,
        is_inverse,
        allows_negative_price,
        origin,

        multiplier,
        tick_size,
        lot_size,

        recorded_at,
        batch_id
    from source
)

select * from final
