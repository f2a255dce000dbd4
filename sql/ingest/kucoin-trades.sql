-- KuCoin trades, as the site exports them as order history, in its two older layouts.
--
-- Every row is an execution without an id: what is the same in every cell within one file is told
-- apart by its place among its likes, so that overlapping exports of whole seconds add nothing. A
-- row without an order's id has an order of its own. The fee is in the row's own currency, which
-- may be a third one (KCS). The total a row also has is not read, but where there is no price: then
-- it is divided by the size, in whole numbers. Times have no zone and are taken as UTC. KCS-BTC in
-- one layout is KCS/BTC in the other, and each stays the symbol it is.
--
-- shape: fill
-- reads: csv
-- columns: side, fee
-- optional: tradecreatedat, orderid, symbol, price, size, funds, liquidity, feecurrency, ordertype
-- optional: time, pair, filledprice, filledpricecoin, amount, amountcoin, volume, volumecoin
-- optional: feecoin
-- venue: kucoin

with cells as (
    select
        row_id,
        coalesce(symbol, pair) as symbol,
        nullif(orderid, '') as order_id,
        side,
        coalesce(size, amount) as size,
        coalesce(price, filledprice) as price,
        coalesce(funds, volume) as funds,
        fee,
        coalesce(feecurrency, feecoin) as fee_currency,
        liquidity,
        coalesce(tradecreatedat, replace(time, '/', '-')) as executed_at,
        to_json([
            tradecreatedat, orderid, symbol, side, price, size, funds, fee, liquidity, feecurrency,
            time, pair, filledprice, amount, volume, feecoin
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
