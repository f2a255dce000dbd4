-- One row per account, instrument and UTC day, from the first with a fill, an opening lot or a
-- funding payment of the two to the last, or to the last with a tick while the position is open.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale='pnl_date >= (select first_day from ' ~ ref('int_changed_days') ~ ')',
) }}
with
{% if is_incremental() -%}
standing as (
    select
        books.book_key,
        max(days.pnl_date) as last_date,
        max(days.peak_equity) as peak_equity
    from {{ this }} as days
    inner join {{ ref('int_books') }} as books
        on days.account_id = books.account_id
        and days.instrument_id = books.instrument_id
    where days.pnl_date < (select first_day from {{ ref('int_changed_days') }})
    group by books.book_key
),

{% endif -%}
sized as (
    select
        days.*,
        books.account_id,
        books.instrument_id,
        books.settlement_currency,
        books.is_inverse,
        books.pnl_method,
        {%- if is_incremental() %}
        standing.peak_equity as peak_before,
        {%- endif %}
        {{ contract_size('days.quantity', 'books.multiplier') }} as size
    from {{ ref('int_daily_positions') }} as days
    inner join {{ ref('int_books') }} as books on days.book_key = books.book_key
    {%- if is_incremental() %}
    left join standing on days.book_key = standing.book_key
    where standing.book_key is null or standing.last_date < days.pnl_date
    {%- endif %}
),

-- what is held is worth more than was paid for all so far, or less; what of that was not realised
-- is unrealised, whichever way lots are matched
valued as (
    select
        *,
        gross_to_date - fees_to_date + funding_to_date as cumulative_net_pnl,
        case
            when quantity = 0 then 0
            when is_inverse
                then notional_to_date - {{ divide('size', 'mark_price') }} - gross_to_date
            else {{ multiply('size', 'mark_price') }} - notional_to_date - gross_to_date
        end as unrealized_pnl
    from sized
),

drawn as (
    select
        *,
        cumulative_net_pnl + unrealized_pnl as equity,
        -- a book begins with nothing
        greatest(
            0,
            {%- if is_incremental() %}
            peak_before,
            {%- endif %}
            max(cumulative_net_pnl + unrealized_pnl) over (
                partition by book_key
                order by pnl_date
                rows between unbounded preceding and current row
            )
        ) as peak_equity
    from valued
),

final as (
    select
        account_id,
        instrument_id,
        pnl_date,
        fill_count,
        closed_quantity,
        gross_pnl as realized_gross_pnl,
        fees,
        funding,
        gross_pnl - fees + funding as net_pnl,
        quantity as position_quantity,
        mark_price,
        marked_at,
        unrealized_pnl,
        case when unrealized_pnl is null then 'POSITION_WITHOUT_MARK' end as unrealized_reason,
        cumulative_net_pnl,
        equity,
        case
            when fees_to_date is null then 'FEE_WITHOUT_RATE'
            when funding_to_date is null then 'FUNDING_WITHOUT_RATE'
            when unrealized_pnl is null then 'POSITION_WITHOUT_MARK'
        end as equity_reason,
        peak_equity,
        equity - peak_equity as drawdown,
        {{ divide('equity - peak_equity', 'peak_equity') }} as drawdown_ratio,
        settlement_currency as currency,
        pnl_method
    from drawn
)

select * from final
