-- KuCoin orders, as the site exports them: filled orders that are not split by trade, and the older
-- export of closed orders.
--
-- An order with its terms, and its status as an event. What was filled, the average price and the
-- fee that an order tells are not made fills of: load the export split by trade as kucoin-trades,
-- whose symbols and ids are the same. An order for an amount of quote currency has a quantity once
-- it was filled. Times are in the zone their column names, or taken as UTC.
--
-- shape: order
-- reads: csv
-- recognised by: order id+order time+filled amount+status, ordercreatedat+id+dealsize+orderstatus
-- columns: symbol, side
-- optional: uid, account type, order id, order time, order type, order price, order amount
-- optional: avg. filled price, filled amount, filled volume, filled volume (usdt), filled time, fee
-- optional: fee currency, tax, status, ordercreatedat, id, clientoid, type, stopprice, price, size
-- optional: dealsize, dealfunds, averageprice, feecurrency, remark, tags, orderstatus
-- venue: kucoin

with cells as (
    select
        row_id,
        symbol,
        side,
        coalesce("order id", id) as order_id,
        nullif(clientoid, '') as client_order_id,
        upper(coalesce("order type", type)) as venue_type,
        coalesce("order price", price) as price,
        stopprice as trigger_price,
        ingest_unless_zero(coalesce("order amount", size)) as size,
        coalesce("filled amount", dealsize) as filled,
        coalesce("avg. filled price", averageprice) as average_price,
        lower(coalesce(status, orderstatus)) as venue_status,
        coalesce("order time", ordercreatedat) as created_at,
        nullif("filled time", '') as filled_at,
        nullif(remark, '') as remark,
        regexp_split_to_array(symbol, '[-/]') as parts
    from ingest_raw
),

final as (
    select
        row_id,
        symbol,
        case when len(parts) = 2 then parts[1] end as base_currency,
        case when len(parts) = 2 then parts[2] end as quote_currency,
        'SPOT' as instrument_type,
        order_id,
        client_order_id,
        side,
        case
            when contains(venue_type, 'STOP')
                then case when contains(venue_type, 'LIMIT') then 'STOP_LIMIT' else 'STOP' end
            else venue_type
        end as order_type,
        coalesce(size, ingest_unless_zero(filled)) as quantity,
        filled as filled_quantity,
        ingest_unless_zero(average_price) as average_price,
        case when contains(venue_type, 'LIMIT') then ingest_unless_zero(price) end as limit_price,
        ingest_unless_zero(trigger_price) as stop_price,
        case
            when venue_status in ('deal', 'done', 'filled') then 'FILLED'
            when venue_status in ('part_deal', 'cancel', 'canceled', 'cancelled') then 'CANCELLED'
            else upper(venue_status)
        end as status,
        venue_status,
        remark as reason,
        created_at,
        coalesce(filled_at, created_at) as updated_at
    from cells
)

select * from final
