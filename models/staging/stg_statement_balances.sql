-- One row per balance or position a statement reports.
with source as (
    select * from {{ source('ledger', 'statement_balances') }}
    {{ known_as_of() }}
),

final as (
    select
        statement_balance_id,
        statement_id,
        instrument_id,

        kind,
        currency,

        amount,

        stated_at,

        average_price,

        recorded_at,
        batch_id
    from source
)

select * from final
