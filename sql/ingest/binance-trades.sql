-- Binance account trades, spot and futures, as GET /api/v3/myTrades, /fapi/v1/userTrades and
-- /dapi/v1/userTrades answer them.
--
-- A trade's id is unique per symbol only, and both sides of a trade with oneself have it: symbol
-- and side belong to the fill's key. A USD-M contract gets the suffix _PERP, to stand apart from
-- the spot pair of the same name; a COIN-M symbol has it already. Spot symbols are split at the
-- longest quote currency they end with.
--
-- shape: fill
-- reads: json
-- venue: binance

with quotes as (
    select unnest([
        'USDT', 'USDC', 'FDUSD', 'TUSD', 'BUSD', 'USDP', 'USDS', 'USD1', 'USD', 'DAI', 'PAX',
        'BTC', 'ETH', 'BNB', 'XRP', 'TRX', 'DOGE', 'DOT', 'SOL', 'VAI', 'EUR', 'EURI', 'AEUR',
        'GBP', 'TRY', 'BRL', 'AUD', 'JPY', 'RUB', 'UAH', 'NGN', 'ZAR', 'PLN', 'RON', 'ARS',
        'MXN', 'CZK', 'COP', 'BIDR', 'IDRT', 'BKRW', 'BVND'
    ]) as quote
),

records as (
    select
        row_id,
        record,
        record ->> '$.symbol' as venue_symbol,
        split_part(record ->> '$.symbol', '_', 1) as pair,
        record ->> '$.marginAsset' as margin_asset,
        (record ->> '$.positionSide') is not null
        or (record ->> '$.marginAsset') is not null as is_future,
        case coalesce(record ->> '$.isBuyer', record ->> '$.buyer')
            when 'true' then 'BUY'
            when 'false' then 'SELL'
            else upper(record ->> '$.side')
        end as side
    from ingest_raw
),

trades as (
    select
        *,
        case
            when is_future and not contains(venue_symbol, '_') then venue_symbol || '_PERP'
            else venue_symbol
        end as book
    from records
),

split as (
    select
        trades.row_id,
        arg_max(quotes.quote, length(quotes.quote)) as quote
    from trades
    inner join quotes
        on ends_with(trades.pair, quotes.quote)
        and length(trades.pair) > length(quotes.quote)
    group by trades.row_id
),

final as (
    select
        trades.row_id,
        trades.book as symbol,
        record ->> '$.orderId' as order_id,
        trades.book || ' ' || (record ->> '$.orderId') as order_key,
        record ->> '$.id' as fill_id,
        trades.book || ' ' || trades.side || ' ' || (record ->> '$.id') as fill_key,
        trades.side,
        record ->> '$.qty' as quantity,
        record ->> '$.price' as price,
        record ->> '$.commission' as fee_amount,
        record ->> '$.commissionAsset' as fee_currency,
        case coalesce(record ->> '$.isMaker', record ->> '$.maker')
            when 'true' then 'MAKER'
            when 'false' then 'TAKER'
        end as liquidity,
        record ->> '$.time' as executed_at,
        left(trades.pair, length(trades.pair) - length(split.quote)) as base_currency,
        split.quote as quote_currency,
        coalesce(trades.margin_asset, split.quote) as settlement_currency,
        -- margined in the base currency: a COIN-M contract of a size the row does not tell
        case
            when not trades.is_future
                then 'SPOT'
            when trades.margin_asset
                = left(trades.pair, length(trades.pair) - length(split.quote))
                then 'INVERSE'
            else 'LINEAR'
        end as instrument_type
    from trades
    left join split on trades.row_id = split.row_id
)

select * from final
