-- One row per effective fill and opening lot: its place among those of its side in its book.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale=of_changed_books('int_book_fills', 'int_book_fills.book_key = changed.book_key '
        ~ 'and changed.changed_from <= int_book_fills.executed_at'),
) }}
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
    {%- if is_incremental() %}
    where {{ is_changed_fill() }}
    {%- endif %}
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
    {%- if is_incremental() %}
    inner join {{ ref('int_changed_books') }} as changed
        on books.book_key = changed.book_key
        and lots.acquired_at >= changed.changed_from
    union all
    -- fills that stand after a change, and are the same as ever but for their place
    select
        standing.book_key,
        standing.is_buy,
        standing.fill_id,
        standing.order_id,
        standing.executed_at,
        standing.price,
        standing.quantity,
        standing.fee
    from {{ this }} as standing
    inner join {{ ref('int_changed_books') }} as moved
        on standing.book_key = moved.book_key
        and standing.executed_at >= moved.changed_from
    left join {{ ref('int_changed_fills') }} as changed
        on standing.fill_id = changed.fill_id
    where standing.order_id is not null
        and changed.fill_id is null
        and standing.executed_at >= (select min(changed_from) from {{ ref('int_changed_books') }})
    {%- endif %}
),

{% if is_incremental() -%}
-- where the fills before those left off
bases as (
    select
        placed.book_key,
        placed.is_buy,
        max(placed.side_seq) as side_seq,
        max(placed.cumulative_quantity) as cumulative_quantity
    from {{ this }} as placed
    inner join {{ ref('int_changed_books') }} as changed
        on placed.book_key = changed.book_key
        and placed.executed_at < changed.changed_from
    group by placed.book_key, placed.is_buy
),

{% endif -%}
timed as (
    select
        fills.*,
        coalesce(tied.place_in_moment, 0) as place_in_moment
    from fills
    left join {{ ref('int_tied_fills') }} as tied
        on fills.fill_id = tied.fill_id
        {%- if is_incremental() %}
        and tied.executed_at >= (select min(changed_from) from {{ ref('int_changed_books') }})
        {%- endif %}
),

placed as (
    select
        book_key,
        is_buy,
        cast(row_number() over matching_order as integer) as side_seq,
        fill_id,
        order_id,
        executed_at,
        place_in_moment,
        price,
        quantity,
        fee,
        sum(quantity) over matching_order as cumulative_quantity
    from timed
    window matching_order as (
        partition by book_key, is_buy
        order by executed_at, place_in_moment
        rows between unbounded preceding and current row
    )
){% if is_incremental() %},

final as (
    select
        placed.book_key,
        placed.is_buy,
        cast(placed.side_seq + coalesce(bases.side_seq, 0) as integer) as side_seq,
        placed.fill_id,
        placed.order_id,
        placed.executed_at,
        placed.place_in_moment,
        placed.price,
        placed.quantity,
        placed.fee,
        placed.cumulative_quantity + coalesce(bases.cumulative_quantity, 0)
            as cumulative_quantity
    from placed
    left join bases
        on placed.book_key = bases.book_key
        and placed.is_buy = bases.is_buy
)

select * from final
{%- else %}

select * from placed
{%- endif %}
