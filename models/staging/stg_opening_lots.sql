-- One row per lot that no fill opened.
with source as (
    select * from {{ source('ledger', 'opening_lots') }}
    {{ known_as_of() }}
),

final as (
    select
        lot_id,
        account_id,
        instrument_id,

        kind,
        side,
        venue,
        reason,

        quantity,
        price,

        acquired_at,

        recorded_at,
        batch_id,
        source_row
    from source
)

select * from final
