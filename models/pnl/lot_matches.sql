-- One row per opening and closing fill that share units of a book, by the book's method.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale=of_changed_books('lot_matches', 'lot_matches.account_id = changed.account_id '
        ~ 'and lot_matches.instrument_id = changed.instrument_id '
        ~ 'and changed.changed_from <= lot_matches.closed_at'),
    slice_rows_of=ref('int_book_fills') | string,
) }}
{% set all_fills, rematched_fills = ref('int_book_fills'), ref('int_rematched_fills') -%}
with
{% if is_incremental() -%}
-- the units that stay matched as they are, and how many fills have no others
bases as (
    select
        book_key,
        cast(sum(kept_count) as bigint) as fill_count,
        max(kept_quantity) as quantity
    from (
        select
            book_key,
            min(side_seq) - 1 as kept_count,
            max(kept_quantity) as kept_quantity
        from {{ rematched_fills }}
        group by book_key, is_buy
    ) as sides
    group by book_key
),

{% endif -%}
fills as (
    select
        fills.book_key,
        fills.is_buy,
        fills.side_seq,
        {{ book_fill_key('fills.book_key', 'fills.side_seq') }} as fill_key,
        fills.fill_id,
        fills.order_id,
        fills.executed_at,
        fills.place_in_moment,
        fills.price,
        fills.quantity,
        fills.cumulative_quantity as end_quantity,
        {%- if is_incremental() %}
        fills.matched_quantity,
        {%- endif %}
        {{ units('fills.quantity') }} as quantity_units,
        {{ units('fills.fee') }} as fee_units
    {%- if is_incremental() %}
    from {{ rematched_fills }} as fills
    {%- else %}
    from {{ all_fills }} as fills
    where {{ in_slice('fills.book_key') }}
    {%- endif %}
),

divisible as (
    select
        *,
        {{ divisor('quantity_units') }} as divisor
    from fills
),

-- First in, first out, the k-th unit bought meets the k-th unit sold. So the ends of all buys and
-- all sells, in cumulative quantity, cut a book into stretches, each inside one buy and one sell:
-- of the side that a stretch's end belongs to, that fill; of the other, the one after all those
-- that ended before.
ends as (
    select
        fills.book_key,
        fills.is_buy,
        fills.side_seq,
        fills.end_quantity,
        lag(fills.end_quantity) over book_units as start_quantity,
        cast(row_number() over book_units as integer) as place
    from fills
    where fills.book_key in (
        select book_key from {{ ref('int_books') }}
        where pnl_method = 'fifo'
    )
        {%- if is_incremental() %}
        -- of the lots beyond, which nothing closes, not all are there to be counted
        and fills.end_quantity <= fills.matched_quantity
        {%- endif %}
    window book_units as (
        partition by fills.book_key
        order by fills.end_quantity, fills.is_buy, fills.side_seq
    )
),

cuts as (
    select
        ends.book_key,
        ends.is_buy,
        ends.side_seq,
        ends.end_quantity,
        {%- if is_incremental() %}
        coalesce(ends.start_quantity, bases.quantity) as start_quantity,
        ends.place + bases.fill_count as place
    from ends
    inner join bases on ends.book_key = bases.book_key
        {%- else %}
        coalesce(ends.start_quantity, 0) as start_quantity,
        ends.place
    from ends
        {%- endif %}
),

segments as (
    select
        book_key,
        {{ book_fill_key(
            'book_key', 'case when is_buy then side_seq else place - side_seq + 1 end'
        ) }} as buy_key,
        {{ book_fill_key(
            'book_key', 'case when is_buy then place - side_seq + 1 else side_seq end'
        ) }} as sell_key,
        start_quantity,
        end_quantity
    from cuts
    where end_quantity > start_quantity
),

-- first in, first out a stretch is known by its place in the book, else by that in its fills
stretches as (
    select
        book_key,
        buy_key,
        sell_key,
        end_quantity - start_quantity as quantity,
        start_quantity,
        end_quantity,
        cast(null as decimal(38, 0)) as buy_from,
        cast(null as decimal(38, 0)) as buy_to,
        cast(null as decimal(38, 0)) as sell_from,
        cast(null as decimal(38, 0)) as sell_to,
        cast(null as decimal(38, 0)) as pool_cost,
        cast(null as decimal(38, 0)) as pool_fee
    from segments
    union all
    select
        book_key,
        buy_key,
        sell_key,
        {{ from_units(units_of_count('quantity')) }},
        null,
        null,
        buy_from,
        buy_to,
        sell_from,
        sell_to,
        pool_cost,
        pool_fee
    from {{ ref('int_lots_sequential') }}
    where buy_key is not null
        and sell_key is not null
        {%- if is_incremental() %}
        and book_key in (select book_key from bases)
        {%- else %}
        and {{ in_slice('book_key') }}
        {%- endif %}
),

-- from and to: where in each fill's own units the stretch begins and ends
{% set buy_start = '(buys.end_quantity - buys.quantity)' -%}
{% set sell_start = '(sells.end_quantity - sells.quantity)' -%}
matched as (
    select
        stretches.book_key,
        stretches.quantity,
        stretches.pool_cost,
        {{ units_of_count('stretches.pool_fee') }} as pool_fee,
        buys.executed_at < sells.executed_at
        or (
            buys.executed_at = sells.executed_at
            and buys.place_in_moment < sells.place_in_moment
        ) as is_long,
        buys.fill_id as buy_fill_id,
        buys.order_id as buy_order_id,
        buys.executed_at as bought_at,
        buys.price as buy_price,
        buys.fee_units as buy_fee,
        buys.quantity_units as buy_units,
        buys.divisor as buy_divisor,
        coalesce(
            {{ units('stretches.start_quantity - ' ~ buy_start) }},
            {{ units_of_count('stretches.buy_from') }}
        ) as buy_from,
        coalesce(
            {{ units('stretches.end_quantity - ' ~ buy_start) }},
            {{ units_of_count('stretches.buy_to') }}
        ) as buy_to,
        sells.fill_id as sell_fill_id,
        sells.order_id as sell_order_id,
        sells.executed_at as sold_at,
        sells.price as sell_price,
        sells.fee_units as sell_fee,
        sells.quantity_units as sell_units,
        sells.divisor as sell_divisor,
        coalesce(
            {{ units('stretches.start_quantity - ' ~ sell_start) }},
            {{ units_of_count('stretches.sell_from') }}
        ) as sell_from,
        coalesce(
            {{ units('stretches.end_quantity - ' ~ sell_start) }},
            {{ units_of_count('stretches.sell_to') }}
        ) as sell_to
    from stretches
    inner join divisible as buys
        on stretches.buy_key = buys.fill_key
        and buys.is_buy
    inner join divisible as sells
        on stretches.sell_key = sells.fill_key
        and not sells.is_buy
),

valued as (
    select
        books.account_id,
        books.instrument_id,
        books.settlement_currency,
        books.is_inverse,
        books.multiplier,
        books.pnl_method,
        matched.*,
        {{ pool_cost('matched.pool_cost') }} as cost,
        {{ from_units(fee_share(
            'buy_fee', 'buy_from', 'buy_to', 'buy_units', 'buy_divisor'
        )) }} as buy_share,
        {{ from_units(fee_share(
            'sell_fee', 'sell_from', 'sell_to', 'sell_units', 'sell_divisor'
        )) }}
            as sell_share
    from matched
    inner join {{ ref('int_books') }} as books
        on matched.book_key = books.book_key
),

sized as (
    select
        *,
        {{ contract_size('quantity', 'multiplier') }} as size
    from valued
),

-- inverse instruments divide by prices
counted as (
    select
        *,
        case when is_inverse then {{ units('size') }} end as size_units,
        case when is_inverse then {{ units('buy_price') }} end as buy_price_units,
        case when is_inverse then {{ units('sell_price') }} end as sell_price_units
    from sized
),

divided as (
    select
        *,
        {{ divisor('buy_price_units') }} as buy_price_divisor,
        {{ divisor('sell_price_units') }} as sell_price_divisor
    from counted
),

priced as (
    select
        *,
        case
            when pool_cost is not null then {{ pooled_price('is_inverse', 'size', 'cost') }}
            when is_long then buy_price
            else sell_price
        end as open_price,
        case when is_long then sell_price else buy_price end as close_price,
        case
            when pool_cost is not null then {{ from_units('pool_fee') }}
            when is_long then buy_share
            else sell_share
        end as opening_fee,
        case when is_long then sell_share else buy_share end as closing_fee,
        {{ divide_units('size_units', 'buy_price_units', 'buy_price_divisor') }} as bought_units,
        {{ divide_units('size_units', 'sell_price_units', 'sell_price_divisor') }} as sold_units
    from divided
),

grossed as (
    select
        *,
        case
            when pool_cost is null and is_inverse then {{ from_units('bought_units - sold_units') }}
            when pool_cost is null then {{ multiply('(sell_price - buy_price)', 'size') }}
            else {{ pooled_pnl('is_inverse', 'is_long', 'size', 'close_price', 'cost') }}
        end as gross_pnl
    from priced
),

final as (
    select
        account_id,
        instrument_id,
        case when is_long then buy_fill_id else sell_fill_id end as opening_fill_id,
        case when is_long then sell_fill_id else buy_fill_id end as closing_fill_id,
        case when is_long then sell_order_id else buy_order_id end as closing_order_id,
        case when is_long then 'LONG' else 'SHORT' end as direction,
        quantity,
        open_price,
        close_price,
        case when is_long then bought_at else sold_at end as opened_at,
        case when is_long then sold_at else bought_at end as closed_at,
        gross_pnl,
        opening_fee,
        closing_fee,
        gross_pnl - opening_fee - closing_fee as net_pnl,
        settlement_currency as currency,
        pnl_method
    from grossed
)

select * from final
