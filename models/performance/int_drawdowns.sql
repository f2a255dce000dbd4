-- One row per account, currency_role and currency with a known equity: the deepest fall of it from
-- a peak.
with equity as (
    select * from {{ ref('account_equity') }}
    where drawdown is not null
),

ranked as (
    select
        *,
        row_number() over (
            partition by account_id, currency_role, currency
            order by drawdown, pnl_date
        ) as depth
    from equity
),

final as (
    select
        deepest.account_id,
        deepest.currency_role,
        deepest.currency,
        min(deepest.drawdown) as max_drawdown,
        min(deepest.drawdown_ratio) as max_drawdown_ratio,
        min(case when deepest.drawdown < 0 then deepest.pnl_date end) as trough_date,
        max(
            case
                when equity.pnl_date < deepest.pnl_date and equity.equity = deepest.peak_equity
                    then equity.pnl_date
            end
        ) as peak_date,
        min(
            case
                when equity.pnl_date > deepest.pnl_date and equity.equity >= deepest.peak_equity
                    and deepest.drawdown < 0
                    then equity.pnl_date
            end
        ) as recovery_date
    from ranked as deepest
    inner join equity
        on deepest.account_id = equity.account_id
        and deepest.currency_role = equity.currency_role
        and deepest.currency = equity.currency
    where deepest.depth = 1
    group by deepest.account_id, deepest.currency_role, deepest.currency
)

select * from final
