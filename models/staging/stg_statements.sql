-- One row per statement of a venue about an account.
with source as (
    select * from {{ source('ledger', 'statements') }}
    {{ known_as_of() }}
),

final as (
    select
        statement_id,
        account_id,

        venue,

        period_start,
        period_end,

        instrument_id,

        recorded_at,
        batch_id
    from source
)

select * from final
