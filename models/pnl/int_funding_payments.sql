-- One row per funding payment, interest or fee of an instrument, in settlement currency.
with final as (
    select
        movements.movement_id,
        movements.account_id,
        movements.instrument_id,
        movements.occurred_at,
        case
            when movements.amount = 0 or movements.currency = instruments.settlement_currency
                then movements.amount
            else conversions.converted_amount
        end as amount
    from {{ ref('stg_cash_movements') }} as movements
    left join {{ ref('stg_instruments') }} as instruments
        on movements.instrument_id = instruments.instrument_id
    left join {{ ref('int_conversions') }} as conversions
        on movements.movement_id = conversions.source_id
        and conversions.kind = 'CASH'
    where {{ is_result('movements.kind') }} and movements.instrument_id is not null
)

select * from final
