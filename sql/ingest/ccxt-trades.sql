-- ccxt unified trades (fetchMyTrades): an array of trades, or of envelopes {exchange, parsed}
-- whose `parsed` holds one trade or several.
--
-- Some venues' ids are unique per symbol only, and both sides of a trade with oneself share one:
-- symbol and side belong to the fill's key. A trade without an order gets an order of its own. A
-- symbol is BASE/QUOTE or BASE/QUOTE:SETTLE; what settles in its base is inverse, and its contract
-- size must be declared. Of another contract the cost tells it, where that is a power of ten times
-- price times amount; where it is no such, it must be declared, too. A trade without any fee is
-- taken to have cost none.
--
-- shape: fill
-- reads: json
-- recognised by: exchange+parsed.takerOrMaker, takerOrMaker+datetime+amount+order
-- venue: ccxt
-- macros: ccxt

with trades as (
    select
        row_id,
        record ->> '$.exchange' as exchange,
        unnest(ccxt_parsed(record)) as trade
    from ingest_raw
),

fields as (
    select
        row_id,
        trade,
        exchange,
        trade ->> '$.symbol' as symbol,
        ccxt_multiplier(trade ->> '$.cost', trade ->> '$.price', trade ->> '$.amount') as size,
        upper(trade ->> '$.side') as side,
        coalesce(trade ->> '$.fee.cost', trade ->> '$.fees[0].cost') as first_cost,
        coalesce(trade ->> '$.fee.currency', trade ->> '$.fees[0].currency') as first_currency,
        -- a trade may have cost fees in several currencies, a fill has one
        list_filter(
            cast(trade ->> '$.fees[*].cost' as varchar[]), lambda c: c is not null
        ) as costs,
        list_distinct(cast(trade ->> '$.fees[*].currency' as varchar[])) as currencies,
        len(list_filter(
            cast(trade -> '$.fees' as json[]),
            lambda f: (f ->> '$.currency') is null and ingest_decimal(f ->> '$.cost') <> 0
        )) as costs_of_no_currency,
        -- an order has these, a trade does not
        (trade ->> '$.filled') is not null
        or (trade ->> '$.remaining') is not null
        or (trade ->> '$.status') is not null as is_order
    from trades
),

final as (
    select
        row_id,
        exchange as venue,
        symbol,
        case
            when is_order
                then 'not_a_trade ' || coalesce(trade ->> '$.id', 'it')
                || ' is an order, not a trade: load its trades instead'
            when len(currencies) > 1
                then 'several_fee_currencies trade ' || coalesce(trade ->> '$.id', '')
                || ' paid fees in ' || array_to_string(currencies, ', ')
                || ', and a fill has one fee currency'
            when len(costs) > 1 and costs_of_no_currency > 0
                then 'missing_fee_currency trade ' || coalesce(trade ->> '$.id', '')
                || ' paid several fees, not all with a currency'
        end as refusal,
        coalesce(trade ->> '$.order', 'of-fill-' || (trade ->> '$.id')) as order_id,
        symbol || ' ' || coalesce(trade ->> '$.order', 'of-fill-' || (trade ->> '$.id'))
            as order_key,
        trade ->> '$.id' as fill_id,
        symbol || ' ' || side || ' ' || (trade ->> '$.id') as fill_key,
        side,
        trade ->> '$.amount' as quantity,
        trade ->> '$.price' as price,
        case
            when len(costs) > 1 and len(currencies) = 1
                -- a part that cannot be read is what the row is refused for
                then coalesce(
                    list_filter(costs, lambda c: ingest_decimal(c) is null)[1],
                    cast(list_sum(list_transform(costs, lambda c: ingest_decimal(c))) as varchar)
                )
            else coalesce(first_cost, '0')
        end as fee_amount,
        first_currency as fee_currency,
        trade ->> '$.takerOrMaker' as liquidity,
        coalesce(trade ->> '$.timestamp', trade ->> '$.datetime') as executed_at,
        ccxt_base(symbol) as base_currency,
        ccxt_quote(symbol) as quote_currency,
        ccxt_settlement(symbol) as settlement_currency,
        ccxt_sized_type(symbol, size) as instrument_type,
        case when ccxt_type(symbol) = 'LINEAR' then nullif(size, '') end as multiplier
    from fields
)

select * from final
