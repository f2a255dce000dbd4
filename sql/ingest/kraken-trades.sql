-- Kraken spot trades, as POST /0/private/TradesHistory and QueryTrades answer them.
--
-- A trade's id (its key in the answer) is unique at the venue. The fee is in the quote currency,
-- as Kraken says a trade's always is, and a negative one is a rebate. A pair stays the symbol as
-- Kraken writes it: XXBTZUSD and XBTUSD are two symbols. It is split at its slash; eight letters
-- that end in a code of the older assets (ZUSD, XXBT) after four; any other at the longest quote
-- currency it ends with. Currencies lose the X or Z of an older code of four letters (XXRP, ZEUR),
-- and XBT and XDG are called BTC and DOGE. What does not split is an unknown instrument, until
-- declared. Whether a trade opened or closed a margin position does not matter to a fill.
--
-- shape: fill
-- reads: json
-- recognised by: ordertxid+pair+vol+type
-- records: result.trades.<txid>, trades.<txid>, result.<txid>, <txid>
-- venue: kraken
-- macros: kraken

with records as (
    select
        row_id,
        record,
        record ->> '$.pair' as symbol,
        kraken_pair(record ->> '$.pair') as currencies
    from ingest_raw
),

final as (
    select
        row_id,
        symbol,
        record ->> '$.ordertxid' as order_id,
        coalesce(record ->> '$.txid', record ->> '$.id') as fill_id,
        record ->> '$.type' as side,
        record ->> '$.vol' as quantity,
        record ->> '$.price' as price,
        record ->> '$.fee' as fee_amount,
        currencies[2] as fee_currency,
        case record ->> '$.maker' when 'true' then 'MAKER' when 'false' then 'TAKER' end
            as liquidity,
        record ->> '$.time' as executed_at,
        currencies[1] as base_currency,
        currencies[2] as quote_currency,
        'SPOT' as instrument_type
    from records
)

select * from final
