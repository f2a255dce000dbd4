-- One row per account, settlement currency and UTC day of the account since its first result in
-- that currency: its books' days, and the cash that is of none, added up.
with steps as (
    select
        *,
        lag(equity) over book_days as equity_before,
        lag(unrealized_pnl) over book_days as unrealized_before,
        row_number() over book_days > 1 as has_day_before
    from {{ ref('daily_pnl') }}
    window book_days as (partition by account_id, instrument_id order by pnl_date)
),

-- a book without further rows stays where it is: so changes are added up, not what stands
book_changes as (
    select
        account_id,
        currency,
        pnl_date,
        sum(realized_gross_pnl) as realized_gross_pnl,
        {{ sum_known('fees') }} as fees,
        {{ sum_known('funding') }} as funding,
        sum(coalesce(unrealized_pnl, 0) - coalesce(unrealized_before, 0)) as unrealized_change,
        sum(coalesce(equity, 0) - coalesce(equity_before, 0)) as equity_change,
        sum(
            case when unrealized_pnl is null then 1 else 0 end
            - case when has_day_before and unrealized_before is null then 1 else 0 end
        ) as unvalued_change,
        sum(
            case when equity is null then 1 else 0 end
            - case when has_day_before and equity_before is null then 1 else 0 end
        ) as unknown_change
    from steps
    group by account_id, currency, pnl_date
),

parts as (
    select * from book_changes
    union all
    select
        account_id,
        currency,
        paid_on,
        0,
        0,
        funding,
        0,
        funding as equity_change,
        0,
        0
    from {{ ref('int_account_cash') }}
),

changes as (
    select
        account_id,
        currency,
        pnl_date,
        sum(realized_gross_pnl) as realized_gross_pnl,
        {{ sum_known('fees') }} as fees,
        {{ sum_known('funding') }} as funding,
        sum(unrealized_change) as unrealized_change,
        sum(equity_change) as equity_change,
        sum(unvalued_change) as unvalued_change,
        sum(unknown_change) as unknown_change
    from parts
    group by account_id, currency, pnl_date
),

currencies as (
    select
        account_id,
        currency,
        min(pnl_date) as first_date
    from changes
    group by account_id, currency
),

days as (
    select distinct account_id, pnl_date from changes
),

calendar as (
    select
        currencies.account_id,
        currencies.currency,
        days.pnl_date
    from currencies
    inner join days
        on currencies.account_id = days.account_id
        and currencies.first_date <= days.pnl_date
),

summed as (
    select
        calendar.account_id,
        calendar.currency,
        calendar.pnl_date,
        coalesce(changes.realized_gross_pnl, 0) as realized_gross_pnl,
        case when changes.account_id is null then 0 else changes.fees end as fees,
        case when changes.account_id is null then 0 else changes.funding end as funding,
        sum(coalesce(changes.unrealized_change, 0)) over so_far as unrealized_sum,
        sum(coalesce(changes.equity_change, 0)) over so_far as equity_sum,
        sum(coalesce(changes.unvalued_change, 0)) over so_far as unvalued_count,
        sum(coalesce(changes.unknown_change, 0)) over so_far as unknown_count
    from calendar
    left join changes
        on calendar.account_id = changes.account_id
        and calendar.currency = changes.currency
        and calendar.pnl_date = changes.pnl_date
    window so_far as (
        partition by calendar.account_id, calendar.currency
        order by calendar.pnl_date
        rows between unbounded preceding and current row
    )
),

final as (
    select
        account_id,
        currency,
        pnl_date,
        realized_gross_pnl,
        fees,
        funding,
        case when unvalued_count = 0 then unrealized_sum end as unrealized_pnl,
        case when unknown_count = 0 then equity_sum end as equity
    from summed
)

select * from final
