-- One row per venue, account, kind, moment stated, and currency or instrument: the last that the
-- venue said of it.
with stated as (
    select
        statements.venue,
        statements.account_id,
        statements.statement_id,
        balances.kind,
        balances.currency,
        balances.instrument_id,
        balances.amount,
        balances.average_price,
        balances.stated_at,
        balances.recorded_at,
        row_number() over (
            partition by
                statements.venue,
                statements.account_id,
                balances.kind,
                balances.currency,
                balances.instrument_id,
                balances.stated_at
            order by balances.recorded_at desc, balances.statement_balance_id
        ) as recency
    from {{ ref('stg_statement_balances') }} as balances
    inner join {{ ref('stg_statements') }} as statements
        on balances.statement_id = statements.statement_id
),

final as (
    select
        venue,
        account_id,
        statement_id,
        kind,
        currency,
        instrument_id,
        amount,
        average_price,
        stated_at,
        recorded_at
    from stated
    where recency = 1
)

select * from final
