-- Binance orders, spot and futures, as GET /api/v3/allOrders, /fapi/v1/allOrders and
-- /dapi/v1/allOrders answer them, and their openOrders.
--
-- An order with its terms, and its status as an event at its last change. executedQty, avgPrice and
-- cummulativeQuoteQty are not made fills of: load binance-trades. Ids and symbols are those of
-- binance-trades: an id is unique per symbol only, and a USD-M contract gets the suffix _PERP. A
-- spot market order for an amount of quote currency has a quantity once it has ended, what was got;
-- until then, or if nothing was, it is known by its events only, and so is an order that closes a
-- position (closePosition), whose quantity is told once it has executed. A COIN-M contract is
-- 100 USD of BTC, and 10 USD of any other coin.
--
-- shape: order, event
-- reads: json
-- recognised by: orderId+clientOrderId+origQty+executedQty
-- venue: binance
-- scope: symbols
-- macros: binance

with orders as (
    select
        row_id,
        record,
        record ->> '$.symbol' as venue_symbol,
        binance_quote(record ->> '$.symbol') as quote_currency,
        record ->> '$.status' as venue_status,
        coalesce(record ->> '$.origType', record ->> '$.type') as venue_type,
        (record ->> '$.positionSide') is not null or (record ->> '$.reduceOnly') is not null
            as is_future
    from ingest_raw
),

known as (
    select
        *,
        binance_symbol(venue_symbol, is_future) as symbol,
        binance_base(venue_symbol, quote_currency) as base_currency,
        binance_status(venue_status) as status,
        ingest_unless_zero(record ->> '$.price') as price,
        coalesce(
            ingest_unless_zero(record ->> '$.origQty'),
            case
                when binance_status(venue_status) not in ('PENDING', 'ACCEPTED', 'PARTIAL')
                    then ingest_unless_zero(record ->> '$.executedQty')
            end
        ) as quantity,
        record ->> '$.updateTime' as updated_at
    from orders
),

final as (
    select
        row_id,
        0 as item,
        case
            when quantity is null and ingest_decimal(record ->> '$.origQty') = 0 then 'event'
            else 'order'
        end as shape,
        case
            when (record ->> '$.orderId') is null or venue_status is null
                then 'not_an_order it has no orderId and status: is it an answer of allOrders?'
        end as refusal,
        symbol,
        base_currency,
        quote_currency,
        case
            when not is_future then 'SPOT'
            when quote_currency = 'USD' then 'INVERSE'
            else 'LINEAR'
        end as instrument_type,
        case when is_future then binance_contract_size(base_currency, quote_currency) end
            as multiplier,
        record ->> '$.orderId' as order_id,
        symbol || ' ' || (record ->> '$.orderId') as order_key,
        nullif(record ->> '$.clientOrderId', '') as client_order_id,
        record ->> '$.side' as side,
        binance_order_type(venue_type, price) as order_type,
        quantity,
        record ->> '$.executedQty' as filled_quantity,
        ingest_unless_zero(record ->> '$.avgPrice') as average_price,
        price as limit_price,
        coalesce(
            ingest_unless_zero(record ->> '$.stopPrice'),
            ingest_unless_zero(record ->> '$.activatePrice')
        ) as stop_price,
        binance_time_in_force(record ->> '$.timeInForce', venue_type) as time_in_force,
        status,
        venue_status,
        binance_cause(record ->> '$.clientOrderId') as reason,
        record ->> '$.time' as created_at,
        updated_at,
        -- of an order that only has events
        case status
            when 'PENDING' then 'SUBMITTED' when 'PARTIAL' then 'EXECUTED' else status
        end as event_type,
        'status ' || status || '@' || ingest_moment(ingest_time(updated_at)) as event_id,
        cast(to_json(struct_pack(
            client_order_id := record ->> '$.clientOrderId',
            order_type := venue_type,
            stop_price := ingest_unless_zero(record ->> '$.stopPrice'),
            quote_order_quantity := ingest_unless_zero(record ->> '$.origQuoteOrderQty'),
            close_position := record ->> '$.closePosition'
        )) as varchar) as data,
        updated_at as occurred_at
    from known
)

select * from final
