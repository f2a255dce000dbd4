-- One row per effective fill and opening lot: its place among those of its side in its book.
with fills as (
    select
        book_key,
        -- a fee in kind larger than the fill turns it around
        is_buy = (book_quantity >= 0) as is_buy,
        fill_id,
        order_id,
        executed_at,
        price,
        abs(book_quantity) as quantity,
        fee_settlement as fee
    from {{ ref('int_fills_costed') }}
    union all
    select
        books.book_key,
        lots.side = 'BUY',
        lots.lot_id,
        null,
        lots.acquired_at,
        lots.price,
        lots.quantity,
        0
    from {{ ref('stg_opening_lots') }} as lots
    inner join {{ ref('int_books') }} as books
        on lots.account_id = books.account_id
        and lots.instrument_id = books.instrument_id
),

-- ties in time are settled by fill_id: arbitrary, but the same on every run and engine
final as (
    select
        book_key,
        is_buy,
        cast(row_number() over matching_order as integer) as side_seq,
        fill_id,
        order_id,
        executed_at,
        price,
        quantity,
        fee,
        sum(quantity) over matching_order as cumulative_quantity
    from fills
    window matching_order as (
        partition by book_key, is_buy
        order by executed_at, fill_id
        rows between unbounded preceding and current row
    )
)

select * from final
