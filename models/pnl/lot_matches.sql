-- One row per opening and closing fill that share units of a book, first in, first out.
with fills as (
    select
        book_key,
        is_buy,
        {{ book_fill_key('book_key', 'side_seq') }} as fill_key,
        fill_id,
        order_id,
        executed_at,
        price,
        {{ units('cumulative_quantity') }} as end_units,
        {{ units('quantity') }} as quantity_units,
        {{ units('fee') }} as fee_units
    from {{ ref('int_book_fills') }}
),

-- from and to: where in each fill's own units the stretch begins and ends
matched as (
    select
        segments.book_key,
        segments.end_units - segments.start_units as matched_units,
        buys.executed_at < sells.executed_at
        or (buys.executed_at = sells.executed_at and buys.fill_id < sells.fill_id) as is_long,
        buys.fill_id as buy_fill_id,
        buys.order_id as buy_order_id,
        buys.executed_at as bought_at,
        buys.price as buy_price,
        buys.fee_units as buy_fee,
        buys.quantity_units as buy_units,
        segments.start_units - buys.end_units + buys.quantity_units as buy_from,
        segments.end_units - buys.end_units + buys.quantity_units as buy_to,
        sells.fill_id as sell_fill_id,
        sells.order_id as sell_order_id,
        sells.executed_at as sold_at,
        sells.price as sell_price,
        sells.fee_units as sell_fee,
        sells.quantity_units as sell_units,
        segments.start_units - sells.end_units + sells.quantity_units as sell_from,
        segments.end_units - sells.end_units + sells.quantity_units as sell_to
    from {{ ref('int_lot_segments') }} as segments
    inner join fills as buys
        on segments.buy_key = buys.fill_key
        and buys.is_buy
    inner join fills as sells
        on segments.sell_key = sells.fill_key
        and not sells.is_buy
),

valued as (
    select
        books.account_id,
        books.instrument_id,
        books.settlement_currency,
        books.is_inverse,
        books.multiplier,
        matched.*,
        {{ from_units('matched.matched_units') }} as quantity,
        {{ from_units(fee_share('buy_fee', 'buy_from', 'buy_to', 'buy_units')) }} as buy_share,
        {{ from_units(fee_share('sell_fee', 'sell_from', 'sell_to', 'sell_units')) }}
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

grossed as (
    select
        *,
        {{ gross_pnl('is_inverse', 'size', 'buy_price', 'sell_price') }} as gross_pnl
    from sized
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
        case when is_long then buy_price else sell_price end as open_price,
        case when is_long then sell_price else buy_price end as close_price,
        case when is_long then bought_at else sold_at end as opened_at,
        case when is_long then sold_at else bought_at end as closed_at,
        gross_pnl,
        case when is_long then buy_share else sell_share end as opening_fee,
        case when is_long then sell_share else buy_share end as closing_fee,
        gross_pnl - buy_share - sell_share as net_pnl,
        settlement_currency as currency,
        {{ pnl_method() }} as pnl_method
    from grossed
)

select * from final
