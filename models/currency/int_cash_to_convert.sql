-- One row per cash movement of an instrument that was paid in another currency than it settles in.
with final as (
    select
        movements.movement_id,
        movements.amount,
        movements.currency,
        instruments.settlement_currency,
        movements.occurred_at
    from {{ ref('stg_cash_movements') }} as movements
    inner join {{ ref('stg_instruments') }} as instruments
        on movements.instrument_id = instruments.instrument_id
    where movements.amount <> 0
        and movements.currency <> instruments.settlement_currency
)

select * from final
