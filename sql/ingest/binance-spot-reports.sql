-- Binance spot user data stream: executionReport messages, bare or in the wrapper of a combined
-- stream or of the WebSocket API.
--
-- Each report has the order's terms and its status, and one of type TRADE a fill with its own fee.
-- Ids are unique per symbol only, and both sides of a trade with oneself share one: symbol and side
-- belong to the fill's key, as in binance-trades. A cancel's own client order id is not the
-- order's: that is in C. REPLACED leaves an event of the quantity that is left.
--
-- shape: order, event, fill
-- reads: json
-- recognised by: e=executionReport, event.e=executionReport, data.e=executionReport
-- venue: binance
-- repeats: yes
-- macros: binance

with reports as (
    select
        row_id,
        0 as item,
        case
            when json_type(record -> '$.event') = 'OBJECT' then record -> '$.event'
            when json_type(record -> '$.data') = 'OBJECT' then record -> '$.data'
            else record
        end as report
    from ingest_raw
),

fields as (
    select
        *,
        report ->> '$.s' as symbol,
        binance_quote(report ->> '$.s') as quote_currency,
        'SPOT' as instrument_type,
        report ->> '$.i' as order_id,
        (report ->> '$.s') || ' ' || (report ->> '$.i') as order_key,
        report ->> '$.S' as side,
        report ->> '$.x' as exec_type,
        report ->> '$.X' as venue_status,
        report ->> '$.o' as venue_type,
        case when report ->> '$.e' = 'executionReport' then report ->> '$.T' end as happened_at,
        nullif(report ->> '$.r', 'NONE') as reason,
        case
            when coalesce(report ->> '$.e', '') <> 'executionReport'
                then 'not_a_report it is no executionReport'
                || coalesce(', its e is ' || (report ->> '$.e'), '')
        end as refusal
    from reports
),

based as (
    select
        *,
        binance_base(symbol, quote_currency) as base_currency,
        ingest_unless_zero(report ->> '$.p') as price
    from fields
),

final as (
    select
        row_id,
        item,
        'order' as shape,
        refusal,
        symbol,
        base_currency,
        quote_currency,
        instrument_type,
        order_id,
        order_key,
        -- a cancel has an id of its own in c
        coalesce(nullif(report ->> '$.C', ''), nullif(report ->> '$.c', '')) as client_order_id,
        side,
        binance_order_type(venue_type, price) as order_type,
        -- bought for an amount of quote currency: the quantity is what was got for it
        coalesce(
            ingest_unless_zero(report ->> '$.q'),
            case when venue_status = 'FILLED' then report ->> '$.z' end
        ) as quantity,
        report ->> '$.z' as filled_quantity,
        price as limit_price,
        ingest_unless_zero(report ->> '$.P') as stop_price,
        binance_time_in_force(report ->> '$.f', venue_type) as time_in_force,
        binance_status(venue_status) as status,
        venue_status,
        reason,
        report ->> '$.O' as created_at,
        happened_at as updated_at
    from based
    where exec_type is distinct from 'REPLACED'
    union all by name
    select
        row_id,
        item,
        'event' as shape,
        symbol,
        base_currency,
        quote_currency,
        instrument_type,
        order_id,
        order_key,
        side,
        'REPLACED' as event_type,
        venue_status,
        reason,
        report ->> '$.q' as order_quantity,
        price as limit_price,
        happened_at as occurred_at
    from based
    where exec_type = 'REPLACED'
    union all by name
    select
        row_id,
        item,
        'fill' as shape,
        symbol,
        base_currency,
        quote_currency,
        instrument_type,
        order_id,
        order_key,
        report ->> '$.t' as fill_id,
        symbol || ' ' || side || ' ' || (report ->> '$.t') as fill_key,
        side,
        report ->> '$.l' as quantity,
        report ->> '$.L' as price,
        coalesce(report ->> '$.n', '0') as fee_amount,
        report ->> '$.N' as fee_currency,
        binance_liquidity(report ->> '$.m') as liquidity,
        happened_at as executed_at
    from based
    where exec_type = 'TRADE'
)

select * from final
