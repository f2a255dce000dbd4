-- One row per movement of cash without a trade.
with source as (
    select * from {{ source('ledger', 'cash_movements') }}
    {{ known_as_of() }}
),

final as (
    select
        movement_id,
        account_id,
        instrument_id,
        exchange_movement_id,

        kind,
        currency,
        venue,
        reason,

        amount,

        occurred_at,

        recorded_at,
        batch_id
    from source
)

select * from final
