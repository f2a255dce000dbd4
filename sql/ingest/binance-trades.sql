-- Binance account trades, spot and futures, as GET /api/v3/myTrades, /fapi/v1/userTrades and
-- /dapi/v1/userTrades answer them.
--
-- A trade's id is unique per symbol only, and both sides of a trade with oneself have it: symbol
-- and side belong to the fill's key. A USD-M contract gets the suffix _PERP, to stand apart from
-- the spot pair of the same name; a COIN-M symbol has it already, and its contract is 100 USD of
-- BTC, and 10 USD of any other coin. Spot symbols are split at the longest quote currency they end
-- with.
--
-- shape: fill
-- reads: json
-- recognised by: orderId+commission+commissionAsset+qty
-- venue: binance
-- scope: symbols
-- macros: binance

with records as (
    select
        row_id,
        record,
        record ->> '$.symbol' as venue_symbol,
        binance_quote(record ->> '$.symbol') as quote_currency,
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
        binance_symbol(venue_symbol, is_future) as symbol,
        binance_base(venue_symbol, quote_currency) as base_currency
    from records
),

final as (
    select
        row_id,
        symbol,
        record ->> '$.orderId' as order_id,
        symbol || ' ' || (record ->> '$.orderId') as order_key,
        record ->> '$.id' as fill_id,
        symbol || ' ' || side || ' ' || (record ->> '$.id') as fill_key,
        side,
        record ->> '$.qty' as quantity,
        record ->> '$.price' as price,
        record ->> '$.commission' as fee_amount,
        record ->> '$.commissionAsset' as fee_currency,
        binance_liquidity(coalesce(record ->> '$.isMaker', record ->> '$.maker')) as liquidity,
        record ->> '$.time' as executed_at,
        base_currency,
        quote_currency,
        coalesce(margin_asset, quote_currency) as settlement_currency,
        -- margined in the base currency: a COIN-M contract
        case
            when not is_future then 'SPOT'
            when margin_asset = base_currency then 'INVERSE'
            else 'LINEAR'
        end as instrument_type,
        case when is_future then binance_contract_size(base_currency, quote_currency) end
            as multiplier
    from trades
)

select * from final
