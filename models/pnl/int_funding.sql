-- One row per account, instrument and UTC day with a funding payment.
with payments as (
    select
        movements.account_id,
        movements.instrument_id,
        cast(movements.occurred_at as date) as paid_on,
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
    where movements.kind = 'FUNDING'
),

final as (
    select
        account_id,
        instrument_id,
        paid_on,
        {{ sum_known('amount') }} as funding
    from payments
    group by account_id, instrument_id, paid_on
)

select * from final
