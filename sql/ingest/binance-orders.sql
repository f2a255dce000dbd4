-- Binance orders, spot and futures, as GET /api/v3/allOrders, /fapi/v1/allOrders and
-- /dapi/v1/allOrders answer them, and their openOrders.
--
-- An order with its terms, and its status as an event at its last change. executedQty, avgPrice and
-- cummulativeQuoteQty are not made fills of: load binance-trades. Ids and symbols are those of
-- binance-trades: an id is unique per symbol only, and a USD-M contract gets the suffix _PERP. A
-- spot market order for an amount of quote currency has a quantity once it has ended, what was got.
-- A COIN-M contract's size is not told: declare it.
--
-- shape: order
-- reads: json
-- venue: binance

with orders as (
    select
        row_id,
        record,
        record ->> '$.symbol' as venue_symbol,
        split_part(record ->> '$.symbol', '_', 1) as pair,
        ingest_quote_currency(split_part(record ->> '$.symbol', '_', 1)) as quote_currency,
        record ->> '$.status' as venue_status,
        coalesce(record ->> '$.origType', record ->> '$.type') as venue_type,
        (record ->> '$.positionSide') is not null or (record ->> '$.reduceOnly') is not null
            as is_future
    from ingest_raw
),

known as (
    select
        *,
        case
            when is_future and not contains(venue_symbol, '_') then venue_symbol || '_PERP'
            else venue_symbol
        end as symbol,
        case
            when venue_status in ('NEW', 'PENDING_CANCEL') then 'ACCEPTED'
            when venue_status = 'PENDING_NEW' then 'PENDING'
            when venue_status = 'PARTIALLY_FILLED' then 'PARTIAL'
            when venue_status = 'CANCELED' then 'CANCELLED'
            when venue_status = 'EXPIRED_IN_MATCH' then 'EXPIRED'
            else venue_status
        end as status,
        ingest_unless_zero(record ->> '$.price') as price
    from orders
),

final as (
    select
        row_id,
        case
            when (record ->> '$.orderId') is null or venue_status is null
                then 'not_an_order it has no orderId and status: is it an answer of allOrders?'
        end as refusal,
        symbol,
        left(pair, length(pair) - length(quote_currency)) as base_currency,
        quote_currency,
        case
            when not is_future then 'SPOT'
            when quote_currency = 'USD' then 'INVERSE'
            else 'LINEAR'
        end as instrument_type,
        case when is_future and quote_currency <> 'USD' then '1' end as multiplier,
        record ->> '$.orderId' as order_id,
        symbol || ' ' || (record ->> '$.orderId') as order_key,
        nullif(record ->> '$.clientOrderId', '') as client_order_id,
        record ->> '$.side' as side,
        case
            when venue_type = 'LIMIT_MAKER' then 'LIMIT'
            when venue_type like 'STOP_LOSS%' then 'STOP_LOSS'
            when venue_type like 'TAKE_PROFIT%' then 'TAKE_PROFIT'
            when venue_type like 'STOP%' and price is not null then 'STOP_LIMIT'
            when venue_type like 'STOP%' or venue_type like 'TRAILING_STOP%' then 'STOP'
            when venue_type = 'LIQUIDATION' then 'LIMIT'
            else venue_type
        end as order_type,
        coalesce(
            ingest_unless_zero(record ->> '$.origQty'),
            case
                when status not in ('PENDING', 'ACCEPTED', 'PARTIAL')
                    then ingest_unless_zero(record ->> '$.executedQty')
            end,
            record ->> '$.origQty'
        ) as quantity,
        price as limit_price,
        coalesce(
            ingest_unless_zero(record ->> '$.stopPrice'),
            ingest_unless_zero(record ->> '$.activatePrice')
        ) as stop_price,
        case
            when venue_type = 'LIMIT_MAKER' or record ->> '$.timeInForce' = 'RPI' then 'GTX'
            when record ->> '$.timeInForce' = 'GTE_GTC' then 'GTC'
            else record ->> '$.timeInForce'
        end as time_in_force,
        status,
        venue_status,
        case
            when starts_with(record ->> '$.clientOrderId', 'autoclose-') then 'liquidation'
            when record ->> '$.clientOrderId' = 'adl_autoclose' then 'auto-deleveraging'
            when starts_with(record ->> '$.clientOrderId', 'settlement_autoclose-')
                then 'settlement'
        end as reason,
        record ->> '$.time' as created_at,
        record ->> '$.updateTime' as updated_at
    from known
)

select * from final
