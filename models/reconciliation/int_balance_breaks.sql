-- One row per currency balance that the venue states otherwise than the ledger adds up to.
-- Compared only where the ledger knows of cash in that account and currency at all; without its
-- opening deposit a balance means nothing.
with stated as (
    select * from {{ ref('int_balances_stated') }} as balances
    where kind = 'BALANCE'
        and exists (
            select 1 from {{ ref('stg_cash_movements') }} as movements
            where movements.account_id = balances.account_id
                and movements.currency = balances.currency
        )
),

subjects as (
    select distinct
        venue,
        account_id,
        currency
    from stated
),

steps as (
    select
        subjects.venue,
        subjects.account_id,
        subjects.currency,
        flows.occurred_at as happened_at,
        0 as is_stated,
        flows.amount,
        cast(null as decimal(38, 12)) as stated_amount,
        cast(null as uuid) as statement_id,
        flows.recorded_at
    from subjects
    inner join {{ ref('int_cash_flows') }} as flows
        on subjects.account_id = flows.account_id
        and subjects.currency = flows.currency
    union all
    -- what an instrument traded for, and what it gained, is another sum once it is restated
    select
        subjects.venue,
        subjects.account_id,
        subjects.currency,
        timestamp '0001-01-01 00:00:00',
        0,
        cast(0 as decimal(38, 12)),
        null,
        null,
        instruments.restatement_recorded_at
    from subjects
    inner join {{ ref('int_books') }} as books on subjects.account_id = books.account_id
    inner join {{ ref('stg_instruments') }} as instruments
        on books.instrument_id = instruments.instrument_id
    where instruments.restatement_recorded_at is not null
    union all
    select
        venue,
        account_id,
        currency,
        stated_at,
        1,
        cast(0 as decimal(38, 12)),
        amount,
        statement_id,
        recorded_at
    from stated
),

{{ stated_differences('currency') }},

final as (
    select
        'BALANCE' as break_type,
        latest.venue,
        latest.account_id,
        latest.currency,
        latest.statement_id,
        'balance:' || latest.currency as subject,
        cast(latest.our_amount as text) as ledger_value,
        cast(latest.stated_amount as text) as exchange_value,
        latest.our_amount - latest.stated_amount as difference,
        since.our_recorded_at,
        since.recorded_at as their_recorded_at
    from latest
    inner join since
        on latest.venue = since.venue
        and latest.account_id = since.account_id
        and latest.currency = since.currency
    where latest.recency = 1
        and latest.our_amount <> latest.stated_amount
)

select * from final
