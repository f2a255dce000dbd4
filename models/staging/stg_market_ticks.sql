-- One row per best bid and ask of an instrument at a moment.
with source as (
    select * from {{ source('ledger', 'market_ticks') }}
    {{ known_as_of() }}
),

final as (
    select
        tick_id,
        instrument_id,

        bid_price,
        ask_price,
        mid_price,
        spread_bps,

        event_at,

        recorded_at,
        batch_id
    from source
)

select * from final
