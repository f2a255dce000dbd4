-- One row per account, currency_role and currency with a trade: counts and sums of its trades.
with results as (
    select
        *,
        case when not is_open and net_pnl > 0 then net_pnl end as win,
        case when not is_open and net_pnl < 0 then net_pnl end as loss
    from {{ ref('int_trade_results') }}
),

final as (
    select
        account_id,
        currency_role,
        currency,
        count(closed_at) as trade_count,
        count(*) - count(closed_at) as open_trade_count,
        count(case when not is_open and net_pnl is null then 1 end) as unknown_trade_count,
        count(win) as win_count,
        count(loss) as loss_count,
        {%- for amount in ['gross_pnl', 'fees', 'funding', 'net_pnl'] %}
        {{ sum_known('case when is_open then 0 else ' ~ amount ~ ' end') }} as {{ amount }},
        {%- endfor %}
        coalesce(sum(win), 0) as total_win,
        coalesce(sum(loss), 0) as total_loss,
        max(win) as largest_win,
        min(loss) as largest_loss,
        sum(holding_seconds) as holding_seconds,
        sum(case when win is not null then holding_seconds end) as winning_seconds,
        sum(case when loss is not null then holding_seconds end) as losing_seconds,
        count(case when not is_open then mae end) as excursion_trade_count,
        sum(case when not is_open then mae end) as total_mae,
        sum(case when not is_open then mfe end) as total_mfe,
        min(case when not is_open then mae end) as largest_mae,
        max(case when not is_open then mfe end) as largest_mfe
    from results
    group by account_id, currency_role, currency
)

select * from final
