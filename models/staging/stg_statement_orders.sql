-- One row per order a statement reports.
with source as (
    select * from {{ source('ledger', 'statement_orders') }}
    {{ known_as_of() }}
),

final as (
    select
        statement_order_id,
        statement_id,
        exchange_order_id,
        instrument_id,

        side,
        status,
        venue_status,

        quantity,
        filled_quantity,
        average_price,

        reported_at,

        recorded_at,
        batch_id
    from source
)

select * from final
