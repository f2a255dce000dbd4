-- One row per account.
with source as (
    select * from {{ source('ledger', 'accounts') }}
    {{ known_as_of() }}
),

final as (
    select
        account_id,
        trader_id,

        venue,
        base_currency,
        account_type,
        origin,

        opened_at,

        recorded_at,
        batch_id
    from source
)

select * from final
