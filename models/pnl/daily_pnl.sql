-- One row per account, instrument and UTC day with a fill or a funding payment.
with closes as (
    select
        account_id,
        instrument_id,
        cast(closed_at as date) as pnl_date,
        sum(gross_pnl) as gross_pnl,
        sum(quantity) as closed_quantity
    from {{ ref('lot_matches') }}
    group by account_id, instrument_id, cast(closed_at as date)
),

book_fills as (
    select
        book_key,
        cast(executed_at as date) as pnl_date,
        count(order_id) as fill_count,
        {{ sum_known('fee') }} as fees
    from {{ ref('int_book_fills') }}
    group by book_key, cast(executed_at as date)
),

days as (
    select
        books.account_id,
        books.instrument_id,
        book_fills.pnl_date,
        book_fills.fill_count,
        book_fills.fees,
        0 as funding
    from book_fills
    inner join {{ ref('int_books') }} as books on book_fills.book_key = books.book_key
    union all
    select
        account_id,
        instrument_id,
        paid_on,
        0,
        0,
        funding
    from {{ ref('int_funding') }}
),

totals as (
    select
        account_id,
        instrument_id,
        pnl_date,
        cast(sum(fill_count) as bigint) as fill_count,
        {{ sum_known('fees') }} as fees,
        {{ sum_known('funding') }} as funding
    from days
    group by account_id, instrument_id, pnl_date
),

final as (
    select
        totals.account_id,
        totals.instrument_id,
        totals.pnl_date,
        totals.fill_count,
        coalesce(closes.closed_quantity, 0) as closed_quantity,
        coalesce(closes.gross_pnl, 0) as realized_gross_pnl,
        totals.fees,
        totals.funding,
        coalesce(closes.gross_pnl, 0) - totals.fees + totals.funding as net_pnl,
        books.settlement_currency as currency,
        books.pnl_method
    from totals
    left join closes
        on totals.account_id = closes.account_id
        and totals.instrument_id = closes.instrument_id
        and totals.pnl_date = closes.pnl_date
    inner join {{ ref('int_books') }} as books
        on totals.account_id = books.account_id
        and totals.instrument_id = books.instrument_id
)

select * from final
