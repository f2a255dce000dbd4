-- One row per account, currency_role and currency with a closed trade of known net PnL: how many
-- won, and lost, one after another.
with closed as (
    select
        *,
        case
            when net_pnl > 0 then 1
            when net_pnl < 0 then -1
            else 0
        end as outcome
    from {{ ref('int_trade_results') }}
    where not is_open and net_pnl is not null
),

outcomes as (
    select
        account_id,
        currency_role,
        currency,
        outcome,
        row_number() over (
            partition by account_id, currency_role, currency
            order by closed_at, opened_at, instrument_id, trade_number
        ) as place,
        row_number() over (
            partition by account_id, currency_role, currency, outcome
            order by closed_at, opened_at, instrument_id, trade_number
        ) as outcome_place
    from closed
),

-- trades of one outcome that follow each other have the same distance between their two places
runs as (
    select
        account_id,
        currency_role,
        currency,
        outcome,
        count(*) as trade_count
    from outcomes
    group by account_id, currency_role, currency, outcome, place - outcome_place
),

final as (
    select
        account_id,
        currency_role,
        currency,
        coalesce(max(case when outcome > 0 then trade_count end), 0) as longest_winning_run,
        coalesce(max(case when outcome < 0 then trade_count end), 0) as longest_losing_run
    from runs
    group by account_id, currency_role, currency
)

select * from final
