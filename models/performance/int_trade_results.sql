-- One row per trade and currency_role, each with its currency: the one it settles in, and the one
-- its account reports in, at the rate of the day it was closed on.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale=of_changed_trades('int_trade_results'),
) }}
{%- set amounts = ['gross_pnl', 'fees', 'funding', 'mae', 'mfe'] %}
with trades as (
    select
        *,
        cast(closed_at as date) as closed_on
    from {{ ref('trades') }}
    {%- if is_incremental() %}
    where {{ of_changed_trades('trades') }}
    {%- endif %}
),

amounts as (
    {{ each_amount(
        'trades', ['account_id', 'instrument_id', 'trade_number', 'currency', 'closed_on'], amounts
    ) }}
),

converted as (
    select
        amounts.account_id,
        amounts.instrument_id,
        amounts.trade_number,
        accounts.reporting_currency,
        amounts.name,
        {{ reported(
            'amounts.amount', 'amounts.currency', 'accounts.reporting_currency', 'rates'
        ) }} as amount
    from amounts
    inner join {{ ref('int_reporting_currencies') }} as accounts
        on amounts.account_id = accounts.account_id
    left join {{ ref('daily_conversion_rates') }} as rates
        on amounts.currency = rates.from_currency
        and accounts.reporting_currency = rates.to_currency
        and amounts.closed_on = rates.rate_date
    where accounts.reporting_currency is not null
),

reported as (
    select
        account_id,
        instrument_id,
        trade_number,
        reporting_currency,
        {%- for amount in amounts %}
        max(case when name = '{{ amount }}' then amount end)
            as {{ amount }}{{ ',' if not loop.last }}
        {%- endfor %}
    from converted
    group by account_id, instrument_id, trade_number, reporting_currency
),

final as (
    select
        account_id,
        'SETTLEMENT' as currency_role,
        currency,
        instrument_id,
        trade_number,
        is_open,
        opened_at,
        closed_at,
        holding_seconds,
        gross_pnl,
        fees,
        funding,
        net_pnl,
        mae,
        mfe
    from trades
    union all
    select
        reported.account_id,
        'REPORTING',
        reported.reporting_currency,
        reported.instrument_id,
        reported.trade_number,
        trades.is_open,
        trades.opened_at,
        trades.closed_at,
        trades.holding_seconds,
        reported.gross_pnl,
        reported.fees,
        reported.funding,
        reported.gross_pnl - reported.fees + reported.funding,
        -- of amounts too large to convert there may be one; known are both, or none
        case when reported.mfe is not null then reported.mae end,
        case when reported.mae is not null then reported.mfe end
    from reported
    inner join trades
        on reported.account_id = trades.account_id
        and reported.instrument_id = trades.instrument_id
        and reported.trade_number = trades.trade_number
)

select * from final
