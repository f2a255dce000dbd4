-- One row per account, currency_role and currency: what its closed trades and its equity come to,
-- in each settlement currency, and of all of them in the currency that the account reports in.
with held as (
    select account_id, settlement_currency as currency from {{ ref('int_books') }}
    union
    select account_id, currency from {{ ref('int_account_cash') }}
),

accounts as (
    select account_id, 'SETTLEMENT' as currency_role, currency
    from held
    union all
    select distinct held.account_id, 'REPORTING', accounts.reporting_currency
    from held
    inner join {{ ref('int_reporting_currencies') }} as accounts
        on held.account_id = accounts.account_id
    where accounts.reporting_currency is not null
),

joined as (
    select
        accounts.account_id,
        accounts.currency_role,
        accounts.currency,
        {%- for count in [
            'trade_count', 'open_trade_count', 'unknown_trade_count', 'win_count', 'loss_count',
            'excursion_trade_count',
        ] %}
        coalesce(totals.{{ count }}, 0) as {{ count }},
        {%- endfor %}
        {%- for amount in ['gross_pnl', 'fees', 'funding', 'net_pnl'] %}
        case when totals.account_id is null then 0 else totals.{{ amount }} end as {{ amount }},
        {%- endfor %}
        -- with one net unknown, nobody knows whether it won
        {%- for figure in [
            'total_win', 'total_loss', 'largest_win', 'largest_loss', 'winning_seconds',
            'losing_seconds',
        ] %}
        case when totals.trade_count > 0 and totals.unknown_trade_count = 0
            then totals.{{ figure }}
        end as {{ figure }},
        {%- endfor %}
        {%- for run in ['longest_winning_run', 'longest_losing_run'] %}
        case when totals.unknown_trade_count = 0 then runs.{{ run }} end as {{ run }},
        {%- endfor %}
        totals.holding_seconds,
        totals.total_mae,
        totals.total_mfe,
        totals.largest_mae,
        totals.largest_mfe,
        drawdowns.max_drawdown,
        drawdowns.max_drawdown_ratio,
        drawdowns.peak_date,
        drawdowns.trough_date,
        drawdowns.recovery_date
    from accounts
    {%- for source in [
        ('int_trade_totals', 'totals'), ('int_trade_runs', 'runs'), ('int_drawdowns', 'drawdowns'),
    ] %}
    left join {{ ref(source[0]) }} as {{ source[1] }}
        on accounts.account_id = {{ source[1] }}.account_id
        and accounts.currency_role = {{ source[1] }}.currency_role
        and accounts.currency = {{ source[1] }}.currency
    {%- endfor %}
),

averaged as (
    select
        *,
        case
            when trade_count = 0 then 'NO_TRADE'
            when unknown_trade_count > 0 then 'UNKNOWN_NET_PNL'
        end as statistics_reason,
        {{ divide('total_win', 'win_count') }} as average_win,
        {{ divide('total_loss', 'loss_count') }} as average_loss
    from joined
),

final as (
    select
        account_id,
        currency_role,
        currency,

        trade_count,
        open_trade_count,
        unknown_trade_count,
        win_count,
        loss_count,
        trade_count - unknown_trade_count - win_count - loss_count as break_even_count,

        gross_pnl,
        fees,
        funding,
        net_pnl,
        total_win,
        total_loss,
        case when statistics_reason is null then {{ divide('win_count', 'trade_count') }} end
            as win_rate,
        {{ divide('total_win', '-total_loss') }} as profit_factor,
        case
            when statistics_reason is not null then statistics_reason
            when loss_count = 0 then 'NO_LOSS'
        end as profit_factor_reason,
        {{ divide('net_pnl', 'trade_count') }} as expectancy,
        average_win,
        average_loss,
        -- of the totals: averages are rounded, and small ones have few digits. Totals too large for
        -- that have averages with digits enough.
        case
            when total_loss * win_count > -50000000000000
                then {{ prorate('total_win', 'loss_count', '-total_loss * win_count') }}
            else {{ divide('average_win', '-average_loss') }}
        end as payoff_ratio,
        largest_win,
        largest_loss,
        longest_winning_run,
        longest_losing_run,
        {{ divide('holding_seconds', 'trade_count') }} as average_holding_seconds,
        {{ divide('winning_seconds', 'win_count') }} as average_winning_seconds,
        {{ divide('losing_seconds', 'loss_count') }} as average_losing_seconds,
        statistics_reason,

        excursion_trade_count,
        {{ divide('total_mae', 'excursion_trade_count') }} as average_mae,
        {{ divide('total_mfe', 'excursion_trade_count') }} as average_mfe,
        largest_mae,
        largest_mfe,
        case
            when trade_count = 0 then 'NO_TRADE'
            when excursion_trade_count = 0 then 'NO_EXCURSION'
        end as excursion_reason,

        max_drawdown,
        max_drawdown_ratio,
        peak_date as drawdown_peak_date,
        trough_date as drawdown_trough_date,
        recovery_date as drawdown_recovery_date,
        case when max_drawdown is null then 'UNKNOWN_EQUITY' end as drawdown_reason
    from averaged
)

select * from final
