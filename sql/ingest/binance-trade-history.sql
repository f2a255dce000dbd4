-- Binance spot trade history, as the site exports it: with the coin behind each amount, or older,
-- with a column for the coin of the fee.
--
-- A row names neither trade nor order: what is the same in every cell within one file is told apart
-- by its place among its likes, so that an export of whole seconds loads over another, and each
-- fill has an order of its own. Load this, binance-trades or binance-history, not two of them.
-- Symbols are those of binance-trades. Commas between thousands are left out where a point stands
-- behind them. Times are in the zone their column names, or UTC.
--
-- shape: fill
-- reads: csv
-- recognised by: pair+side+executed+amount, market+type+total+fee coin
-- columns: price, amount, fee
-- optional: date, time, pair, market, side, type, executed, total, fee coin
-- venue: binance
-- macros: binance

with cells as (
    select
        row_id,
        regexp_replace(
            coalesce("date", "time"), '^([0-9]{2}-[0-9]{2}-[0-9]{2} )', '20\1' -- noqa: RF06
        ) as happened_at,
        coalesce(pair, market) as symbol,
        ingest_quote_currency(coalesce(pair, market)) as quote,
        upper(coalesce(side, type)) as side,
        price,
        coalesce(executed, amount) as stated_quantity,
        fee as stated_fee,
        nullif("fee coin", '') as fee_coin,
        to_json([
            date, time, pair, market, side, type, price, executed, amount, total, fee,
            "fee coin"
        ]) as cells
    from ingest_raw
),

numbered as (
    select
        *,
        binance_base(symbol, quote) as base,
        'row-' || md5(cells) || '-' || row_number() over (
            partition by row_id >> 40, cells order by row_id
        ) as fill_id
    from cells
),

-- 0.0100000000BTC: the coin is known by the pair first, as it may begin with a digit (1INCH)
coins as (
    select
        *,
        case
            when fee_coin is not null then fee_coin
            when ends_with(stated_fee, base) then base
            when ends_with(stated_fee, quote) then quote
            else regexp_extract(stated_fee, '[0-9.]([A-Z][A-Z0-9]*)$', 1)
        end as fee_currency
    from numbered
),

amounts as (
    select
        *,
        case
            when ends_with(stated_quantity, base) then left(stated_quantity, -length(base))
            else stated_quantity
        end as quantity,
        case
            when fee_currency <> '' and ends_with(stated_fee, fee_currency)
                then left(stated_fee, -length(fee_currency))
            else stated_fee
        end as fee
    from coins
),

final as (
    select
        row_id,
        symbol,
        base as base_currency,
        quote as quote_currency,
        'SPOT' as instrument_type,
        'of-fill-' || fill_id as order_id,
        fill_id,
        side,
        binance_plain(quantity) as quantity,
        binance_plain(price) as price,
        coalesce(nullif(binance_plain(fee), ''), '0') as fee_amount,
        nullif(fee_currency, '') as fee_currency,
        happened_at as executed_at
    from amounts
)

select * from final
