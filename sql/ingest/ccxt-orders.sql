-- ccxt unified orders (fetchOrder, fetchOrders, fetchOpenOrders, fetchClosedOrders): an array of
-- orders, or of envelopes {exchange, parsed} whose `parsed` holds one order or several.
--
-- An order with its terms, and its status as an event at its last change. What was filled, the
-- average price and the fee are not made fills of: load ccxt-trades, whose ids and symbols are the
-- same. A price is a limit where the type has one: of a market order it is an average. An order of
-- which nothing remains, and less or more than its amount was filled, was for an amount of the
-- quote currency: its quantity is what was filled. One that is closed with a part that remains was
-- cancelled. An inverse contract's size must be declared; of another the cost of what was filled
-- tells it, as in ccxt-trades.
--
-- shape: order
-- reads: json
-- recognised by: exchange+parsed.remaining, clientOrderId+datetime+amount+filled+remaining
-- recognised by: datetime+amount+filled+remaining+status
-- venue: ccxt
-- macros: ccxt

with orders as (
    select
        row_id,
        record ->> '$.exchange' as exchange,
        unnest(range(len(ccxt_parsed(record)))) as item,
        unnest(ccxt_parsed(record)) as o
    from ingest_raw
),

fields as (
    select
        row_id,
        item,
        o,
        exchange,
        o ->> '$.symbol' as symbol,
        ccxt_multiplier(o ->> '$.cost', o ->> '$.average', o ->> '$.filled') as size,
        lower(o ->> '$.status') as venue_status,
        lower(o ->> '$.type') as venue_type,
        ingest_unless_zero(o ->> '$.price') as price,
        o ->> '$.amount' as amount,
        o ->> '$.filled' as filled,
        o ->> '$.remaining' as remaining,
        ingest_unless_zero(o ->> '$.stopLossPrice') as loss_price,
        ingest_unless_zero(o ->> '$.takeProfitPrice') as profit_price,
        ingest_unless_zero(coalesce(o ->> '$.triggerPrice', o ->> '$.stopPrice')) as trigger_price,
        coalesce(o ->> '$.timestamp', o ->> '$.datetime') as sent_at
    from orders
),

typed as (
    select
        *,
        coalesce(venue_type, '') like '%limit%' as is_limit,
        case
            when coalesce(venue_type, '') like 'take_profit%' then 'TAKE_PROFIT'
            when coalesce(venue_type, '') like 'stop_loss%' then 'STOP_LOSS'
            when venue_type in ('stop', 'stop_market', 'trailing_stop', 'trailing_stop_market')
                then 'STOP'
            when venue_type in ('stop_limit', 'trailing_stop_limit') then 'STOP_LIMIT'
            -- one price of the two is what it waits for; both are attached to an order that stands
            when loss_price is not null and profit_price is null and trigger_price is null
                and venue_status <> 'closed' and price is null
                then 'STOP_LOSS'
            when profit_price is not null and loss_price is null and trigger_price is null
                and venue_status <> 'closed' and price is null
                then 'TAKE_PROFIT'
            when trigger_price is not null and venue_type = 'limit' then 'STOP_LIMIT'
            when trigger_price is not null and venue_type = 'market' then 'STOP'
            else upper(venue_type)
        end as order_type,
        ingest_decimal(remaining) = 0 and ingest_decimal(filled) > 0
        and ingest_decimal(filled) <> ingest_decimal(amount) as is_sized_in_quote
    from fields
),

final as (
    select
        row_id,
        item,
        exchange as venue,
        case
            when remaining is null and venue_status is null
                then 'not_an_order ' || coalesce(o ->> '$.id', 'it')
                || ' has no status and nothing that remains: is it a trade?'
        end as refusal,
        symbol,
        ccxt_base(symbol) as base_currency,
        ccxt_quote(symbol) as quote_currency,
        ccxt_settlement(symbol) as settlement_currency,
        ccxt_sized_type(symbol, size) as instrument_type,
        case when ccxt_type(symbol) = 'LINEAR' then nullif(size, '') end as multiplier,
        o ->> '$.id' as order_id,
        symbol || ' ' || (o ->> '$.id') as order_key,
        -- an id that was not given is 0 at some venues
        nullif(nullif(o ->> '$.clientOrderId', ''), '0') as client_order_id,
        o ->> '$.side' as side,
        order_type,
        case when is_sized_in_quote then filled else amount end as quantity,
        case when is_limit then price end as limit_price,
        coalesce(
            trigger_price,
            case order_type
                when 'STOP_LOSS' then loss_price when 'TAKE_PROFIT' then profit_price
            end
        ) as stop_price,
        case
            when o ->> '$.postOnly' = 'true' or upper(o ->> '$.timeInForce') = 'PO' then 'GTX'
            else nullif(upper(o ->> '$.timeInForce'), '')
        end as time_in_force,
        case
            when venue_status in ('open', 'canceling')
                then case when ingest_decimal(filled) > 0 then 'PARTIAL' else 'ACCEPTED' end
            when venue_status = 'closed' and ingest_decimal(remaining) > 0 then 'CANCELLED'
            when venue_status = 'closed' then 'FILLED'
            when venue_status in ('canceled', 'cancelled') then 'CANCELLED'
            else upper(venue_status)
        end as status,
        venue_status,
        filled as filled_quantity,
        ingest_unless_zero(o ->> '$.average') as average_price,
        sent_at as created_at,
        coalesce(
            o ->> '$.lastUpdateTimestamp', o ->> '$.lastTradeTimestamp', sent_at
        ) as updated_at
    from typed
)

select * from final
