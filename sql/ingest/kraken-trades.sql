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
-- records: result.trades.<txid>, trades.<txid>, result.<txid>, <txid>
-- venue: kraken

with quotes as (
    select unnest([
        'USDT', 'USDC', 'USDG', 'USDQ', 'USDR', 'USDS', 'USDD', 'USD1', 'PYUSD', 'RLUSD', 'DAI',
        'EURT', 'EURC', 'EURQ', 'EURR', 'EUROP', 'USD', 'EUR', 'GBP', 'CAD', 'JPY', 'AUD', 'CHF',
        'AED', 'XBT', 'BTC', 'ETH', 'DOT'
    ]) as quote
),

records as (
    select
        row_id,
        record,
        record ->> '$.pair' as symbol,
        -- .d: traded in the dark pool
        regexp_replace(record ->> '$.pair', '[.]d$', '') as pair
    from ingest_raw
),

suffixes as (
    select
        records.row_id,
        arg_max(quotes.quote, length(quotes.quote)) as quote
    from records
    inner join quotes
        on ends_with(records.pair, quotes.quote)
        and length(records.pair) > length(quotes.quote)
    group by records.row_id
),

codes as (
    select
        records.*,
        case
            when contains(pair, '/')
                then split_part(pair, '/', 1)
            when regexp_full_match(pair, '[A-Z]{4}(Z(USD|EUR|GBP|CAD|JPY|AUD)|X(XBT|ETH|LTC|XDG))')
                then left(pair, 4)
            else left(pair, length(pair) - length(suffixes.quote))
        end as base_code,
        case
            when contains(pair, '/')
                then split_part(pair, '/', 2)
            when regexp_full_match(pair, '[A-Z]{4}(Z(USD|EUR|GBP|CAD|JPY|AUD)|X(XBT|ETH|LTC|XDG))')
                then right(pair, 4)
            else suffixes.quote
        end as quote_code
    from records
    left join suffixes on records.row_id = suffixes.row_id
),

plain as (
    select
        *,
        regexp_replace(
            base_code, '^(X(XBT|ETC|ETH|LTC|MLN|REP|XDG|XLM|XMR|XRP|ZEC)|Z(USD|EUR|GBP|CAD|JPY|AUD))$',
            '\2\3'
        ) as base,
        regexp_replace(
            quote_code, '^(X(XBT|ETH|LTC|XDG)|Z(USD|EUR|GBP|CAD|JPY|AUD))$', '\2\3'
        ) as quote
    from codes
),

named as (
    select
        *,
        case base when 'XBT' then 'BTC' when 'XDG' then 'DOGE' else base end as base_currency,
        case quote when 'XBT' then 'BTC' when 'XDG' then 'DOGE' else quote end as quote_currency
    from plain
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
        quote_currency as fee_currency,
        case record ->> '$.maker' when 'true' then 'MAKER' when 'false' then 'TAKER' end
            as liquidity,
        record ->> '$.time' as executed_at,
        base_currency,
        quote_currency,
        'SPOT' as instrument_type
    from named
)

select * from final
