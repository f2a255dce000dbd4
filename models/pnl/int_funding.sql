-- One row per account, instrument and UTC day with a funding payment.
with final as (
    select
        account_id,
        instrument_id,
        cast(occurred_at as date) as paid_on,
        {{ sum_known('amount') }} as funding
    from {{ ref('int_funding_payments') }}
    group by account_id, instrument_id, cast(occurred_at as date)
)

select * from final
