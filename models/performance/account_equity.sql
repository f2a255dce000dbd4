-- One row per account, currency_role, currency and UTC day: of each settlement currency, and of all
-- of them in the currency that the account reports in.
{%- set amounts = ['realized_gross_pnl', 'fees', 'funding', 'unrealized_pnl', 'equity'] %}
with settled as (
    select * from {{ ref('int_account_days') }}
),

amounts as (
    {{ each_amount('settled', ['account_id', 'currency', 'pnl_date'], amounts) }}
),

converted as (
    select
        amounts.account_id,
        accounts.reporting_currency,
        amounts.pnl_date,
        amounts.name,
        amounts.amount,
        {{ reported(
            'amounts.amount', 'amounts.currency', 'accounts.reporting_currency', 'rates'
        ) }} as converted_amount
    from amounts
    inner join {{ ref('int_reporting_currencies') }} as accounts
        on amounts.account_id = accounts.account_id
    left join {{ ref('daily_conversion_rates') }} as rates
        on amounts.currency = rates.from_currency
        and accounts.reporting_currency = rates.to_currency
        and amounts.pnl_date = rates.rate_date
    where accounts.reporting_currency is not null
),

summed as (
    select
        account_id,
        reporting_currency,
        pnl_date,
        name,
        {{ sum_known('amount') }} is not null as is_known,
        {{ sum_known('converted_amount') }} as amount
    from converted
    group by account_id, reporting_currency, pnl_date, name
),

days as (
    select
        account_id,
        'SETTLEMENT' as currency_role,
        currency,
        pnl_date,
        {%- for amount in amounts %}
        {{ amount }},
        {%- endfor %}
        equity is not null as is_known
    from settled
    union all
    select
        account_id,
        'REPORTING',
        reporting_currency,
        pnl_date,
        {%- for amount in amounts %}
        max(case when name = '{{ amount }}' then amount end),
        {%- endfor %}
        bool_and(case when name = 'equity' then is_known end)
    from summed
    group by account_id, reporting_currency, pnl_date
),

drawn as (
    select
        *,
        -- an account begins with nothing
        greatest(0, max(equity) over (
            partition by account_id, currency_role, currency
            order by pnl_date
            rows between unbounded preceding and current row
        )) as peak_equity
    from days
),

final as (
    select
        account_id,
        currency_role,
        currency,
        pnl_date,
        realized_gross_pnl,
        fees,
        funding,
        realized_gross_pnl - fees + funding as net_pnl,
        unrealized_pnl,
        equity,
        case
            when not is_known then 'UNKNOWN_BOOK'
            when equity is null then 'NO_RATE'
        end as equity_reason,
        peak_equity,
        equity - peak_equity as drawdown,
        {{ divide('equity - peak_equity', 'peak_equity') }} as drawdown_ratio
    from drawn
)

select * from final
