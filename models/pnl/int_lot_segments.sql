-- One row per stretch of a first-in-first-out book's units that one buy and one sell share.
-- The k-th unit bought meets the k-th unit sold. So the ends of all buys and all sells, in
-- cumulative units, cut a book into stretches, each inside one buy and one sell: of the side that
-- a stretch's end belongs to, that fill; of the other, the one after all those that ended before.
with ends as (
    select
        book_key,
        is_buy,
        side_seq,
        {{ units('cumulative_quantity') }} as end_units
    from {{ ref('int_book_fills') }}
    where book_key in (
        select book_key from {{ ref('int_books') }}
        where pnl_method = 'fifo'
    )
),

merged as (
    select
        book_key,
        is_buy,
        side_seq,
        end_units,
        lag(end_units) over book_units as start_units,
        cast(row_number() over book_units as integer) as rank
    from ends
    window book_units as (
        partition by book_key
        order by end_units, is_buy, side_seq
    )
),

final as (
    select
        book_key,
        {{ book_fill_key(
            'book_key', 'case when is_buy then side_seq else rank - side_seq + 1 end'
        ) }} as buy_key,
        {{ book_fill_key(
            'book_key', 'case when is_buy then rank - side_seq + 1 else side_seq end'
        ) }} as sell_key,
        coalesce(start_units, 0) as start_units,
        end_units
    from merged
    where end_units > coalesce(start_units, 0)
)

select * from final
