-- One row per order sent to a venue, or first seen there.
with source as (
    select * from {{ source('ledger', 'orders') }}
    {{ known_as_of() }}
),

final as (
    select
        order_id,
        order_request_id,
        account_id,
        instrument_id,
        client_order_id,
        exchange_order_id,

        venue,
        side,
        order_type,
        time_in_force,
        origin,

        quantity,
        limit_price,
        stop_price,
        slice_number,
        total_slices,

        sent_at,

        recorded_at,
        batch_id
    from source
)

select * from final
