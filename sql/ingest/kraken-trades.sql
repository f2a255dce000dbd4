-- Kraken spot trades, as POST /0/private/TradesHistory and QueryTrades answer them, and their
-- export as CSV.
--
-- A trade's id (its key in the answer) is unique at the venue. The fee is in the quote currency,
-- as Kraken says a trade's always is, and a negative one is a rebate. A pair stays the symbol as
-- Kraken writes it: XXBTZUSD and XBTUSD are two symbols. It is split at its slash; eight letters
-- that end in a code of the older assets (ZUSD, XXBT) after four; any other at the longest quote
-- currency it ends with. Currencies lose the X or Z of an older code of four letters (XXRP, ZEUR),
-- and XBT and XDG are called BTC and DOGE. What does not split is an unknown instrument, until
-- declared. Whether a trade opened or closed a margin position does not matter to a fill. An export
-- writes pairs with a slash since 2025: XBT/USD in it is a symbol apart from XXBTZUSD in an answer.
--
-- shape: fill
-- reads: csv, json
-- recognised by: ordertxid+pair+vol+type
-- records: result.trades.<txid>, trades.<txid>, result.<txid>, <txid>
-- columns: ordertxid, pair, time, type, price, fee, vol
-- optional: txid, id, maker, ordertype, cost, margin, leverage, misc, ledgers, aclass, subclass
-- optional: postxid, posttxid, posstatus, posstatuscode, cprice, ccost, cfee, cvol, cmargin, net
-- optional: costusd, trades, trade_id
-- venue: kraken
-- macros: kraken

with records as (
    select
        *,
        kraken_pair(pair) as currencies
    from ingest_raw
),

final as (
    select
        row_id,
        pair as symbol,
        ordertxid as order_id,
        coalesce(txid, id) as fill_id,
        type as side,
        vol as quantity,
        price,
        fee as fee_amount,
        currencies[2] as fee_currency,
        case maker when 'true' then 'MAKER' when 'false' then 'TAKER' end as liquidity,
        time as executed_at,
        currencies[1] as base_currency,
        currencies[2] as quote_currency,
        'SPOT' as instrument_type
    from records
)

select * from final
