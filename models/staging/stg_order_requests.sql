-- One row per intent to trade.
with source as (
    select * from {{ source('ledger', 'order_requests') }}
    {{ known_as_of() }}
),

final as (
    select
        order_request_id,
        client_request_id,
        account_id,
        trader_id,
        signal_id,
        cycle_id,
        instrument_id,

        side,
        order_type,
        time_in_force,

        quantity,
        limit_price,
        stop_price,
        stop_loss,
        take_profit,

        expires_at,
        requested_at,

        recorded_at,
        batch_id
    from source
)

select * from final
