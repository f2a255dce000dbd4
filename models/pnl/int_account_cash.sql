-- One row per account, currency and UTC day with interest or fees that are of no instrument.
with final as (
    select
        account_id,
        currency,
        cast(occurred_at as date) as paid_on,
        sum(amount) as funding
    from {{ ref('stg_cash_movements') }}
    where {{ is_result('kind') }} and instrument_id is null
    group by account_id, currency, cast(occurred_at as date)
)

select * from final
