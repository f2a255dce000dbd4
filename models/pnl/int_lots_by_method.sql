-- One row per method and buy and sell matched by it, and per lot it leaves open, of every book.
{{ config(materialized='kernel', kernel='lot_matching', enabled=target.has_kernels is defined) }}
with methods as (
    select 'fifo' as pnl_method
    union all
    select 'lifo'
    union all
    select 'hifo'
    union all
    select 'average'
),

final as (
    select
        fills.book_key,
        fills.executed_at,
        fills.place_in_moment,
        {{ kernel_method('methods.pnl_method') }} as method,
        books.is_inverse,
        {{ count_of_units(units('books.multiplier')) }} as multiplier,
        {{ book_fill_key('fills.book_key', 'fills.side_seq') }} as fill_key,
        case when fills.is_buy then 1 else -1 end
        * {{ count_of_units(units('fills.quantity')) }} as quantity,
        {{ count_of_units(units('fills.price')) }} as price,
        {{ count_of_units(units('fills.fee')) }} as fee
    from {{ ref('int_book_fills') }} as fills
    inner join {{ ref('int_books') }} as books on fills.book_key = books.book_key
    cross join methods
)

select * from final
