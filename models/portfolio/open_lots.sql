-- One row per fill that is still open in its book, with what is left of it.
with totals as (
    select
        book_key,
        is_buy,
        max(cumulative_quantity) as total_quantity
    from {{ ref('int_book_fills') }}
    group by book_key, is_buy
),

-- units beyond all that the other side traded were never closed
remaining as (
    select
        fills.*,
        case
            when fills.cumulative_quantity - coalesce(others.total_quantity, 0) < fills.quantity
                then fills.cumulative_quantity - coalesce(others.total_quantity, 0)
            else fills.quantity
        end as open_quantity
    from {{ ref('int_book_fills') }} as fills
    left join totals as others
        on fills.book_key = others.book_key
        and fills.is_buy <> others.is_buy
    where fills.quantity > 0
        and fills.cumulative_quantity > coalesce(others.total_quantity, 0)
),

final as (
    select
        books.account_id,
        books.instrument_id,
        remaining.fill_id,
        remaining.order_id,
        case when remaining.is_buy then 'LONG' else 'SHORT' end as direction,
        remaining.open_quantity as quantity,
        remaining.price as open_price,
        remaining.executed_at as opened_at,
        remaining.fee - {{ prorate(
            'remaining.fee',
            '(remaining.quantity - remaining.open_quantity)',
            'remaining.quantity',
        ) }} as opening_fee,
        books.settlement_currency as currency
    from remaining
    inner join {{ ref('int_books') }} as books on remaining.book_key = books.book_key
)

select * from final
