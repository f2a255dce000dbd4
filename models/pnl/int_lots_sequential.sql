-- One row per buy and sell matched, and per lot still open, of books not matched fifo.
{{ config(materialized='kernel' if target.has_kernels else 'view', kernel='lot_matching') }}
{% if target.has_kernels -%}
with final as (
    select
        fills.book_key,
        fills.executed_at,
        fills.place_in_moment,
        {{ kernel_method('books.pnl_method') }} as method,
        books.is_inverse,
        {{ count_of_units(units('books.multiplier')) }} as multiplier,
        {{ book_fill_key('fills.book_key', 'fills.side_seq') }} as fill_key,
        case when fills.is_buy then 1 else -1 end
        * {{ count_of_units(units('fills.quantity')) }} as quantity,
        {{ count_of_units(units('fills.price')) }} as price,
        {{ count_of_units(units('fills.fee')) }} as fee
    from {{ ref('int_book_fills') }} as fills
    inner join {{ ref('int_books') }} as books on fills.book_key = books.book_key
    where books.pnl_method <> 'fifo'
)

select * from final
{%- else -%}
{#- dbt has no kernels, and books matched first in, first out only -#}
with final as (
    select
        book_key,
        cast(null as bigint) as buy_key,
        cast(null as bigint) as sell_key,
        cast(null as decimal(38, 0)) as quantity,
        cast(null as decimal(38, 0)) as buy_from,
        cast(null as decimal(38, 0)) as buy_to,
        cast(null as decimal(38, 0)) as sell_from,
        cast(null as decimal(38, 0)) as sell_to,
        cast(null as decimal(38, 0)) as pool_cost,
        cast(null as decimal(38, 0)) as pool_fee,
        cast(null as integer) as method
    from {{ ref('int_books') }}
    where 1 = 0
)

select * from final
{%- endif %}
