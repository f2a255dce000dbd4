-- One row per trade that funding was paid on: the last one opened by then.
with payments as (
    select
        books.book_key,
        payments.occurred_at,
        payments.amount
    from {{ ref('int_funding_payments') }} as payments
    inner join {{ ref('int_books') }} as books
        on payments.account_id = books.account_id
        and payments.instrument_id = books.instrument_id
),

moments as (
    select
        trades.book_key,
        trades.opened_at as moment,
        0 as is_payment,
        trades.trade_number,
        cast(null as decimal(38, 12)) as amount
    from {{ ref('int_trades') }} as trades
    {{ join_changed_trades('trades') }}
    union all
    select book_key, occurred_at, 1, null, amount
    from payments
),

placed as (
    select
        book_key,
        is_payment,
        amount,
        max(trade_number) over (
            partition by book_key
            order by moment, is_payment
            rows between unbounded preceding and current row
        ) as trade_number
    from moments
),

final as (
    select
        book_key,
        trade_number,
        {{ sum_known('amount') }} as funding
    from placed
    where is_payment = 1 and trade_number is not null
    group by book_key, trade_number
)

select * from final
