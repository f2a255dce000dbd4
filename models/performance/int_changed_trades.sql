-- One row per book with a trade, or that may have lost its last: the first of its trades that facts
-- newer than the standing tables may bear on.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='overwrite',
) }}
-- the last one opened before the first day: it may have been open on that day, and what was paid
-- after its end is counted to it until the next is opened
with firsts as (
    select
        trades.book_key,
        coalesce(
            max(
                case
                    when trades.opened_at < cast(days.first_day as timestamp)
                        then trades.trade_number
                end
            ),
            1
        ) as first_trade_number
    from {{ ref('int_trades') }} as trades
    cross join {{ ref('int_changed_days') }} as days
    {%- if not is_incremental() %}
    where 1 = 0
    {%- endif %}
    group by trades.book_key
),

-- of a book whose fills count no more, no trade is left to tell of those that stand
lost as (
    select
        book_key,
        cast(1 as bigint) as first_trade_number
    from {{ ref('int_changed_books') }}
    where book_key not in (select book_key from {{ ref('int_trades') }})
),

changed as (
    select * from firsts
    union all
    select * from lost
),

final as (
    select
        books.book_key,
        books.account_id,
        books.instrument_id,
        changed.first_trade_number
    from changed
    inner join {{ ref('int_books') }} as books on changed.book_key = books.book_key
)

select * from final
