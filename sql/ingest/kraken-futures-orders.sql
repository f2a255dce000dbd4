-- Kraken Futures orders, as GET /derivatives/api/v3/openorders, POST
-- /derivatives/api/v3/orders/status and GET /api/history/v2/orders answer them.
--
-- An order with its terms, and its status as an event at its last change; why it changed is the
-- event's reason. What was filled is not made fills of: load kraken-futures-fills, whose symbols
-- are the same. An open order tells what was filled and what is left: its quantity is both
-- together. A history's element that places an order, or changes its terms, leaves it accepted;
-- one that updates it says how much of it was filled.
--
-- shape: order
-- reads: json
-- recognised by: order_id+orderType+unfilledSize, order.orderId+status, event+uid
-- records: openOrders, orders, elements
-- venue: kraken-futures
-- macros: kraken

with placed as (
    select
        row_id,
        record,
        json_keys(record -> '$.event')[1] as happening,
        coalesce(
            record -> '$.event.OrderPlaced.order', record -> '$.event.OrderUpdated.newOrder',
            record -> '$.event.OrderUpdated.order', record -> '$.event.OrderCancelled.order',
            record -> '$.event.OrderRejected.order', record -> '$.event.OrderNotFound.order',
            record -> '$.event.OrderEditRejected.newOrder', record -> '$.order', record
        ) as o
    from ingest_raw
),

told as (
    select
        *,
        coalesce(
            record ->> '$.event.OrderPlaced.reason', record ->> '$.event.OrderUpdated.reason',
            record ->> '$.event.OrderCancelled.reason', record ->> '$.event.OrderRejected.reason',
            record ->> '$.updateReason', record ->> '$.error'
        ) as reason,
        upper(coalesce(o ->> '$.symbol', o ->> '$.tradeable')) as symbol,
        coalesce(o ->> '$.order_id', o ->> '$.orderId', o ->> '$.uid') as order_id,
        coalesce(o ->> '$.cliOrdId', o ->> '$.clientId') as client_order_id,
        upper(coalesce(o ->> '$.side', o ->> '$.direction')) as side,
        lower(coalesce(o ->> '$.orderType', o ->> '$.type')) as venue_type,
        coalesce(o ->> '$.filledSize', o ->> '$.filled') as filled,
        o ->> '$.unfilledSize' as unfilled,
        coalesce(o ->> '$.quantity', o ->> '$.size') as quantity,
        ingest_unless_zero(o ->> '$.limitPrice') as limit_price,
        ingest_unless_zero(coalesce(
            o ->> '$.stopPrice', o ->> '$.priceTriggerOptions.triggerPrice'
        )) as stop_price,
        coalesce(o ->> '$.receivedTime', o ->> '$.timestamp') as created_at,
        coalesce(
            record ->> '$.timestamp', o ->> '$.lastUpdateTime', o ->> '$.lastUpdateTimestamp'
        ) as updated_at,
        coalesce(record ->> '$.status', happening) as venue_status
    from placed
),

termed as (
    select
        *,
        kraken_contract_pair(symbol) as currencies,
        kraken_contract_type(symbol) as instrument_type,
        ingest_decimal(filled) > 0 as is_filled_in_part
    from told
),

final as (
    select
        row_id,
        case
            when order_id is null or venue_status is null
                then 'not_an_order it has no id and status'
        end as refusal,
        symbol,
        currencies[1] as base_currency,
        currencies[2] as quote_currency,
        instrument_type,
        case when instrument_type is not null then '1' end as multiplier,
        order_id,
        nullif(client_order_id, '') as client_order_id,
        side,
        case
            when venue_type in ('lmt', 'post', 'ioc', 'limit', 'assignment', 'liquidation') then
                case when limit_price is null then 'MARKET' else 'LIMIT' end
            when venue_type in ('mkt', 'market') then 'MARKET'
            when venue_type in ('stp', 'stop', 'stop_loss', 'trailing_stop') then
                case when limit_price is null then 'STOP' else 'STOP_LIMIT' end
            when venue_type = 'take_profit' then 'TAKE_PROFIT'
            when venue_type in ('order', 'trigger_order') and stop_price is not null then
                case when limit_price is null then 'STOP' else 'STOP_LIMIT' end
            when venue_type = 'order' and limit_price is not null then 'LIMIT'
            when venue_type = 'order' then 'MARKET'
            else upper(venue_type)
        end as order_type,
        case
            when quantity is not null then quantity
            when unfilled is not null
                then cast(ingest_decimal(unfilled) + coalesce(ingest_decimal(filled), 0) as varchar)
        end as quantity,
        limit_price,
        stop_price,
        case venue_type when 'post' then 'GTX' when 'ioc' then 'IOC' end as time_in_force,
        case
            when venue_status = 'OrderUpdated'
                and ingest_decimal(filled) >= ingest_decimal(quantity)
                then 'FILLED'
            when venue_status in (
                'untouched', 'ENTERED_BOOK', 'TRIGGER_PLACED', 'OrderPlaced', 'OrderUpdated',
                'OrderEditRejected', 'partiallyFilled'
            ) then case when is_filled_in_part then 'PARTIAL' else 'ACCEPTED' end
            when venue_status in ('FULLY_EXECUTED', 'filled') then 'FILLED'
            when venue_status in ('CANCELLED', 'OrderCancelled', 'cancelled') then 'CANCELLED'
            when venue_status in ('REJECTED', 'OrderRejected', 'TRIGGER_ACTIVATION_FAILURE')
                then 'REJECTED'
            else venue_status
        end as status,
        venue_status,
        nullif(reason, '') as reason,
        filled as filled_quantity,
        created_at,
        coalesce(updated_at, created_at) as updated_at
    from termed
)

select * from final
