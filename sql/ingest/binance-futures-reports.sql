-- Binance futures user data stream: ORDER_TRADE_UPDATE messages of USD-M and COIN-M, bare or in the
-- wrapper of a combined stream.
--
-- A NEW message is the order; every other one is an event with the order's quantity and price as
-- they are from there on, as a message does not tell when the order was sent. One of type TRADE is
-- a fill, too, with its own fee. Liquidations and auto-deleveraging have client order ids of the
-- venue, autoclose-… and adl_autoclose, and are said as the event's reason. Symbols, ids and keys
-- are those of binance-trades: a USD-M contract gets the suffix _PERP. A COIN-M contract is 100 USD
-- of BTC, and 10 USD of any other coin.
--
-- shape: order, event, fill
-- reads: json
-- recognised by: e=ORDER_TRADE_UPDATE, data.e=ORDER_TRADE_UPDATE
-- venue: binance
-- repeats: yes
-- macros: binance

with messages as (
    select
        row_id,
        0 as item,
        case when json_type(record -> '$.data') = 'OBJECT' then record -> '$.data' else record end
            as message
    from ingest_raw
),

fields as (
    select
        *,
        message -> '$.o' as report,
        message ->> '$.o.s' as venue_symbol,
        message ->> '$.o.x' as exec_type,
        message ->> '$.o.X' as venue_status,
        message ->> '$.o.ot' as first_type,
        coalesce(
            message ->> '$.o.T',
            case when message ->> '$.o.X' is not null then message ->> '$.T' end
        ) as happened_at,
        message ->> '$.o.S' as side,
        message ->> '$.o.i' as order_id,
        message ->> '$.o.t' as trade_id,
        case
            when coalesce(message ->> '$.e', '') <> 'ORDER_TRADE_UPDATE'
                then 'not_a_report it is no ORDER_TRADE_UPDATE'
                || coalesce(', its e is ' || (message ->> '$.e'), '')
        end as refusal
    from messages
),

named as (
    select
        *,
        binance_symbol(venue_symbol, true) as symbol,
        binance_quote(venue_symbol) as quote_currency,
        binance_status(venue_status) as status,
        coalesce(
            binance_cause(report ->> '$.c'), case exec_type when 'CALCULATED' then 'liquidation' end
        ) as cause,
        ingest_unless_zero(report ->> '$.p') as price
    from fields
),

based as (
    select
        *,
        symbol || ' ' || order_id as order_key,
        binance_base(venue_symbol, quote_currency) as base_currency,
        -- USD-M contracts are quoted and settled in a stablecoin, COIN-M ones in USD and the base
        case when quote_currency <> 'USD' then 'LINEAR' else 'INVERSE' end as instrument_type,
        binance_contract_size(
            binance_base(venue_symbol, quote_currency), quote_currency
        ) as multiplier
    from named
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
        multiplier,
        order_id,
        order_key,
        nullif(report ->> '$.c', '') as client_order_id,
        side,
        binance_order_type(coalesce(first_type, report ->> '$.o'), price) as order_type,
        report ->> '$.q' as quantity,
        price as limit_price,
        coalesce(
            ingest_unless_zero(report ->> '$.sp'), ingest_unless_zero(report ->> '$.AP')
        ) as stop_price,
        binance_time_in_force(report ->> '$.f', first_type) as time_in_force,
        status,
        venue_status,
        cause as reason,
        happened_at as created_at
    from based
    where exec_type is null or exec_type = 'NEW' or refusal is not null
    union all by name
    select
        row_id,
        item,
        'event' as shape,
        symbol,
        base_currency,
        quote_currency,
        instrument_type,
        multiplier,
        order_id,
        order_key,
        side,
        exec_type || ' ' || happened_at || coalesce(' ' || nullif(trade_id, '0'), '') as event_id,
        case
            when exec_type = 'AMENDMENT' then 'REPLACED'
            when venue_status = 'FILLED' then 'FILLED'
            when exec_type in ('TRADE', 'CALCULATED') then 'EXECUTED'
            else status
        end as event_type,
        status,
        venue_status,
        cause as reason,
        ingest_unless_zero(report ->> '$.q') as order_quantity,
        price as limit_price,
        to_json(struct_pack(client_order_id := report ->> '$.c', order_type := first_type)) as data,
        happened_at as occurred_at
    from based
    where exec_type <> 'NEW' and refusal is null
    union all by name
    select
        row_id,
        item,
        'fill' as shape,
        symbol,
        base_currency,
        quote_currency,
        instrument_type,
        multiplier,
        order_id,
        order_key,
        trade_id as fill_id,
        symbol || ' ' || side || ' ' || trade_id as fill_key,
        side,
        report ->> '$.l' as quantity,
        report ->> '$.L' as price,
        coalesce(report ->> '$.n', '0') as fee_amount,
        report ->> '$.N' as fee_currency,
        binance_liquidity(report ->> '$.m') as liquidity,
        happened_at as executed_at
    from based
    where refusal is null
        and (exec_type = 'TRADE' or (exec_type = 'CALCULATED' and trade_id <> '0'))
)

select * from final
