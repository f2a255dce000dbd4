-- KuCoin trades, as the site exports them as order history: in its two older layouts, and as filled
-- orders split by trade, which say who was the maker.
--
-- Every row is an execution without an id: what is the same in every cell within one file is told
-- apart by its place among its likes, so that overlapping exports of whole seconds add nothing. A
-- row without an order's id has an order of its own. The fee is in the row's own currency, which
-- may be a third one (KCS). The total a row also has is not read, but where there is no price: then
-- it is divided by the size, in whole numbers. Times are in the zone their column names, or taken
-- as UTC. KCS-BTC in one layout is KCS/BTC in the other, and each stays the symbol it is. Filled
-- orders that are not split tell an average price, which is no trade's, and are refused.
--
-- shape: fill
-- reads: csv
-- recognised by: tradecreatedat+symbol+feecurrency, pair+filledprice+feecoin
-- recognised by: order id+filled time+avg. filled price
-- columns: side, fee
-- optional: tradecreatedat, orderid, symbol, price, size, funds, liquidity, feecurrency, ordertype
-- optional: time, pair, filledprice, filledpricecoin, amount, amountcoin, volume, volumecoin
-- optional: feecoin, uid, account type, order id, order type, avg. filled price, filled amount
-- optional: filled volume, filled volume (usdt), filled time, tax, maker/taker, fee currency
-- venue: kucoin

with cells as (
    select
        row_id,
        coalesce(symbol, pair) as symbol,
        nullif(coalesce(orderid, "order id"), '') as order_id,
        side,
        coalesce(size, amount, "filled amount") as size,
        coalesce(price, filledprice, "avg. filled price") as price,
        coalesce(funds, volume, "filled volume") as funds,
        fee,
        coalesce(feecurrency, feecoin, "fee currency") as fee_currency,
        coalesce(liquidity, "maker/taker") as liquidity,
        "filled amount" is not null and "maker/taker" is null as is_whole_order,
        coalesce(tradecreatedat, replace(time, '/', '-'), "filled time") as executed_at,
        to_json([
            tradecreatedat, orderid, symbol, side, price, size, funds, fee, liquidity, feecurrency,
            time, pair, filledprice, amount, volume, feecoin, uid, "account type", "order id",
            "avg. filled price", "filled amount", "filled volume", "filled time", "maker/taker",
            "fee currency"
        ]) as cells
    from ingest_raw
),

named as (
    select
        *,
        'row-' || md5(cells) || '-' || row_number() over (
            partition by row_id >> 40, cells order by row_id
        ) as fill_id,
        regexp_split_to_array(symbol, '[-/]') as parts
    from cells
),

final as (
    select
        row_id,
        case
            when is_whole_order
                then 'not_a_fill it is an order at its average price: export the orders split by '
                || 'trade'
        end as refusal,
        symbol,
        coalesce(order_id, 'of-fill-' || fill_id) as order_id,
        fill_id,
        side,
        size as quantity,
        coalesce(nullif(price, ''), ingest_quotient(funds, size)) as price,
        coalesce(nullif(fee, ''), '0') as fee_amount,
        fee_currency,
        liquidity,
        executed_at,
        case when len(parts) = 2 then parts[1] end as base_currency,
        case when len(parts) = 2 then parts[2] end as quote_currency,
        'SPOT' as instrument_type
    from named
)

select * from final
