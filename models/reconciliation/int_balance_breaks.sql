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

held as (
    select
        stated.account_id,
        stated.currency,
        stated.venue,
        sum(flows.amount) as amount
    from stated
    inner join {{ ref('int_cash_flows') }} as flows
        on stated.account_id = flows.account_id
        and stated.currency = flows.currency
        and flows.occurred_at <= stated.stated_at
    group by stated.account_id, stated.currency, stated.venue
),

compared as (
    select
        stated.*,
        coalesce(held.amount, 0) as our_amount
    from stated
    left join held
        on stated.account_id = held.account_id
        and stated.currency = held.currency
        and stated.venue = held.venue
),

final as (
    select
        'BALANCE' as break_type,
        venue,
        account_id,
        currency,
        'balance:' || currency as subject,
        cast(our_amount as text) as ledger_value,
        cast(amount as text) as exchange_value,
        our_amount - amount as difference,
        recorded_at as their_recorded_at
    from compared
    where our_amount <> amount
)

select * from final
