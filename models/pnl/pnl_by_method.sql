-- One row per book: what each method makes of the same fills.
{{ config(enabled=target.has_kernels is defined) }}
with fills as (
    select
        {{ book_fill_key('book_key', 'side_seq') }} as fill_key,
        is_buy,
        executed_at,
        place_in_moment,
        price
    from {{ ref('int_book_fills') }}
),

-- an open lot has one of the two, and is valued at the mark as if it were closed there
lots as (
    select
        books.book_key,
        books.is_inverse,
        books.multiplier,
        lots.method,
        lots.buy_key is null or lots.sell_key is null as is_open,
        case
            when lots.sell_key is null then true
            when lots.buy_key is null then false
            else buys.executed_at < sells.executed_at
            or (
                buys.executed_at = sells.executed_at
                and buys.place_in_moment < sells.place_in_moment
            )
        end as is_long,
        coalesce(buys.price, marks.mark_price) as buy_price,
        coalesce(sells.price, marks.mark_price) as sell_price,
        {{ from_units(units_of_count('lots.quantity')) }} as quantity,
        {{ pool_cost('lots.pool_cost') }} as cost
    from {{ ref('int_lots_by_method') }} as lots
    inner join {{ ref('int_books') }} as books on lots.book_key = books.book_key
    -- as a sum, like what it is compared with: SQLite indexes no sum for a column of integers
    left join fills as buys
        on lots.buy_key + 0 = buys.fill_key
        and buys.is_buy
    left join fills as sells
        on lots.sell_key + 0 = sells.fill_key
        and not sells.is_buy
    left join {{ ref('int_marks') }} as marks on books.instrument_id = marks.instrument_id
),

sized as (
    select
        *,
        {{ contract_size('quantity', 'multiplier') }} as size,
        case when is_long then sell_price else buy_price end as close_price
    from lots
),

valued as (
    select
        book_key,
        method,
        is_open,
        case
            when cost is null
                then {{ gross_pnl('is_inverse', 'size', 'buy_price', 'sell_price') }}
            -- apart, since a CASE of both scales would round what was closed as well
            when is_open
                then {{ pooled_pnl(
                    'is_inverse', 'is_long', 'size', 'close_price', 'round(cost, 12)'
                ) }}
            else {{ pooled_pnl('is_inverse', 'is_long', 'size', 'close_price', 'cost') }}
        end as pnl
    from sized
),

-- a book has eight of these at most, so that its lots are summed once and not once a column
summed as (
    select
        book_key,
        method,
        is_open,
        sum(pnl) as gross,
        {{ sum_known('pnl') }} as unrealized
    from valued
    group by book_key, method, is_open
),

totals as (
    select
        book_key,
        {% for method in ['fifo', 'lifo', 'hifo', 'average'] -%}
        sum(case when method = {{ loop.index0 }} and not is_open then gross else 0 end)
            as {{ method }}_gross,
        {{ sum_known(
            'case when method = ' ~ loop.index0 ~ ' and is_open then unrealized else 0 end'
        ) }} as {{ method }}_unrealized{{ ',' if not loop.last }}
        {% endfor %}
    from summed
    group by book_key
),

final as (
    select
        positions.account_id,
        positions.instrument_id,
        positions.symbol,
        positions.currency,
        positions.pnl_method,
        {% for method in ['fifo', 'lifo', 'hifo', 'average'] -%}
        coalesce(totals.{{ method }}_gross, 0) - positions.fees_paid + positions.funding
            as {{ method }}_net_pnl,
        case when totals.book_key is null then 0 else totals.{{ method }}_unrealized end
            as {{ method }}_unrealized_pnl,
        {% endfor -%}
        positions.net_pnl,
        positions.total_pnl
    from {{ ref('positions') }} as positions
    inner join {{ ref('int_books') }} as books
        on positions.account_id = books.account_id
        and positions.instrument_id = books.instrument_id
    left join totals on books.book_key = totals.book_key
)

select * from final
