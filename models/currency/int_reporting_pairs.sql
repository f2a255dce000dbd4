-- One row per currency in which an account has results or cash, and one it reports them in.
with held as (
    select account_id, settlement_currency as currency from {{ ref('int_books') }}
    union
    select account_id, currency from {{ ref('stg_cash_movements') }}
),

final as (
    select distinct
        held.currency as from_currency,
        accounts.reporting_currency as to_currency
    from held
    inner join {{ ref('int_reporting_currencies') }} as accounts
        on held.account_id = accounts.account_id
    where held.currency is not null and accounts.reporting_currency is not null
)

select * from final
