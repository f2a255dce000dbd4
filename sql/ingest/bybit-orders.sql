-- Bybit v5 orders, as GET /v5/order/realtime and /v5/order/history answer them and the order stream
-- sends them.
--
-- An order with its terms, and its orderStatus as an event at its last change; cumExecQty and
-- avgPrice are not made fills of: load bybit-executions. Symbols are those of bybit-executions: a
-- linear contract called like a spot pair gets the suffix _PERP. An answer without a category is
-- one of derivatives where the symbol says so, or the positionIdx of a hedged account, and else is
-- refused. A spot market order for an amount of quote currency has a quantity once it has
-- ended, what was got.
--
-- shape: order
-- reads: json
-- recognised by: orderId+orderStatus+cumExecQty, list.orderId+list.orderStatus
-- recognised by: data.orderId+data.orderStatus, result.list.orderId+result.list.orderStatus
-- venue: bybit
-- macros: bybit

with orders as (
    select
        row_id,
        item,
        entry,
        entry ->> '$.symbol' as venue_symbol,
        entry ->> '$.orderStatus' as venue_status,
        nullif(entry ->> '$.stopOrderType', '') as stop_type,
        ingest_unless_zero(entry ->> '$.price') as price,
        ingest_unless_zero(entry ->> '$.triggerPrice') as trigger_price,
        coalesce(entry ->> '$.category', page_category, case
            -- a spot order has 0, too
            when (entry ->> '$.positionIdx') is null then null
            when ends_with(entry ->> '$.symbol', 'PERP') then 'linear'
            when ends_with(entry ->> '$.symbol', 'USDT') or ends_with(entry ->> '$.symbol', 'USDC')
                then case when entry ->> '$.positionIdx' <> '0' then 'linear' end
            when regexp_matches(entry ->> '$.symbol', 'USD([FGHJKMNQUVXZ][0-9]{2})?$')
                then 'inverse'
        end) as category
    from bybit_entries()
),

quoted as (
    select
        *,
        bybit_quote(category, venue_symbol) as quote,
        case
            when venue_status in ('New', 'Created', 'Untriggered', 'Triggered', 'Active')
                then 'ACCEPTED'
            when venue_status = 'PartiallyFilled' then 'PARTIAL'
            when venue_status = 'Filled' then 'FILLED'
            when venue_status in ('Cancelled', 'PartiallyFilledCanceled', 'Deactivated')
                then 'CANCELLED'
            when venue_status = 'Rejected' then 'REJECTED'
            else venue_status
        end as status,
        coalesce(category = 'spot' and entry ->> '$.orderType' = 'Market' and coalesce(
            nullif(entry ->> '$.marketUnit', ''),
            case when entry ->> '$.side' = 'Buy' then 'quoteCoin' end
        ) = 'quoteCoin', false) as sized_in_quote
    from orders
),

final as (
    select
        row_id,
        item,
        case
            when (entry ->> '$.orderId') is null or venue_status is null
                then 'not_an_order it has no orderId and orderStatus: is it an answer of '
                || '/v5/order/history?'
            when category is null
                then 'no_category ' || coalesce(venue_symbol, 'it') || ' may be a spot pair or a '
                || 'contract: load the whole answer, whose category tells'
        end as refusal,
        bybit_symbol(category, venue_symbol, quote) as symbol,
        bybit_base(category, venue_symbol, quote) as base_currency,
        quote as quote_currency,
        bybit_instrument_type(category) as instrument_type,
        bybit_multiplier(category) as multiplier,
        entry ->> '$.orderId' as order_id,
        nullif(entry ->> '$.orderLinkId', '') as client_order_id,
        upper(entry ->> '$.side') as side,
        -- an order is conditional where it has a trigger
        case
            when trigger_price is null or stop_type is null then upper(entry ->> '$.orderType')
            when contains(stop_type, 'TakeProfit') then 'TAKE_PROFIT'
            when contains(stop_type, 'StopLoss') then 'STOP_LOSS'
            when price is not null then 'STOP_LIMIT'
            else 'STOP'
        end as order_type,
        case
            when not sized_in_quote then entry ->> '$.qty'
            when status in ('FILLED', 'CANCELLED') then ingest_unless_zero(entry ->> '$.cumExecQty')
        end as quantity,
        nullif(entry ->> '$.cumExecQty', '') as filled_quantity,
        ingest_unless_zero(entry ->> '$.avgPrice') as average_price,
        case when entry ->> '$.orderType' = 'Market' then null else price end as limit_price,
        trigger_price as stop_price,
        case entry ->> '$.timeInForce' when 'PostOnly' then 'GTX' when 'RPI' then 'GTX'
            else entry ->> '$.timeInForce' end as time_in_force,
        status,
        venue_status,
        coalesce(
            nullif(nullif(entry ->> '$.rejectReason', ''), 'EC_NoError'),
            nullif(nullif(entry ->> '$.cancelType', ''), 'UNKNOWN')
        ) as reason,
        entry ->> '$.createdTime' as created_at,
        entry ->> '$.updatedTime' as updated_at
    from quoted
)

select * from final
