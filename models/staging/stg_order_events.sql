-- One row per step in an order's life.
with source as (
    select * from {{ source('ledger', 'order_events') }}
    {{ known_as_of() }}
),

final as (
    select
        event_id,
        order_id,
        order_request_id,

        event_type,
        status,
        venue_status,
        reason,
        error_code,
        data,
        metadata,
        actor,

        sequence_number,
        retry_attempt,
        latency_ms,
        order_quantity,
        limit_price,

        occurred_at,

        recorded_at,
        batch_id
    from source
)

select * from final
