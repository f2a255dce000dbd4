-- One row per book with a trade: the first of its trades that facts newer than the standing tables
-- may bear on.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='overwrite',
) }}
with firsts as (
    -- the last one opened before the first day: it may have been open on that day, and what was
    -- paid after its end is counted to it until the next is opened
    select
        book_key,
        max(trade_number) as first_trade_number
    from {{ ref('int_trades') }}
    where opened_at < (
        select cast(first_day as timestamp) from {{ ref('int_changed_days') }}
    )
    group by book_key
),

books as (
    select
        trades.book_key,
        coalesce(max(firsts.first_trade_number), 1) as first_trade_number
    from {{ ref('int_trades') }} as trades
    left join firsts on trades.book_key = firsts.book_key
    group by trades.book_key
),

final as (
    select
        books.book_key,
        named.account_id,
        named.instrument_id,
        books.first_trade_number,
        trades.opened_at as first_opened_at
    from books
    inner join {{ ref('int_trades') }} as trades
        on books.book_key = trades.book_key
        and books.first_trade_number = trades.trade_number
    inner join {{ ref('int_books') }} as named on books.book_key = named.book_key
    {%- if not is_incremental() %}
    where 1 = 0
    {%- endif %}
)

select * from final
