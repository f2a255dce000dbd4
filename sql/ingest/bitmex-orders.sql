-- BitMEX orders, as GET /order answers them and the order stream's partial sends them.
--
-- An order with its terms, and its ordStatus as an event at its last change. cumQty and avgPx are
-- not made fills of: load bitmex-executions. transactTime is taken as when it was sent. Spot
-- quantities count the smallest unit of their currency, which no row tells the size of: spot orders
-- are refused. An inverse contract is 1 USD; any other must be known from its executions, which
-- tell its size, or be declared.
--
-- shape: order
-- reads: json
-- recognised by: orderID+ordStatus+orderQty
-- records: data
-- venue: bitmex
-- macros: bitmex

with orders as (
    select
        row_id,
        record,
        bitmex_currency(record ->> '$.currency') as quote,
        bitmex_currency(record ->> '$.settlCurrency') as settle,
        bitmex_base(record ->> '$.symbol', record ->> '$.currency') as base
    from ingest_raw
)

select
    row_id,
    case
        when (record ->> '$.orderID') is null or (record ->> '$.ordStatus') is null
            then 'not_an_order it has no orderID and ordStatus: is it an answer of /order?'
        when (record ->> '$.execID') is not null
            then 'not_an_order it is an execution: load it as bitmex-executions'
        when bitmex_is_spot(record ->> '$.symbol', record ->> '$.currency')
            then 'unknown_unit its quantity counts the smallest unit of its currency'
    end as refusal,
    record ->> '$.symbol' as symbol,
    case when settle = base and quote = 'USD' then base end as base_currency,
    case when settle = base and quote = 'USD' then quote end as quote_currency,
    case when settle = base and quote = 'USD' then 'INVERSE' end as instrument_type,
    case when settle = base and quote = 'USD' then '1' end as multiplier,
    record ->> '$.orderID' as order_id,
    nullif(record ->> '$.clOrdID', '') as client_order_id,
    upper(record ->> '$.side') as side,
    bitmex_order_type(record ->> '$.ordType') as order_type,
    record ->> '$.orderQty' as quantity,
    record ->> '$.cumQty' as filled_quantity,
    ingest_unless_zero(record ->> '$.avgPx') as average_price,
    record ->> '$.price' as limit_price,
    record ->> '$.stopPx' as stop_price,
    bitmex_time_in_force(record ->> '$.timeInForce', record ->> '$.execInst') as time_in_force,
    case record ->> '$.ordStatus'
        when 'PendingNew' then 'PENDING' when 'New' then 'ACCEPTED'
        when 'Triggered' then 'ACCEPTED' when 'PendingCancel' then 'ACCEPTED'
        when 'PartiallyFilled' then 'PARTIAL' when 'Filled' then 'FILLED'
        when 'Canceled' then 'CANCELLED' when 'Rejected' then 'REJECTED'
        when 'Expired' then 'EXPIRED'
        else record ->> '$.ordStatus'
    end as status,
    record ->> '$.ordStatus' as venue_status,
    coalesce(
        nullif(record ->> '$.ordRejReason', ''),
        case
            when record ->> '$.ordStatus' in ('Canceled', 'Rejected', 'Expired')
                then nullif(record ->> '$.text', '')
        end
    ) as reason,
    record ->> '$.transactTime' as created_at,
    record ->> '$.timestamp' as updated_at
from orders
