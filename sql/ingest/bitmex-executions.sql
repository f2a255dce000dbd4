-- BitMEX executions, as GET /execution and /execution/tradeHistory answer them and the execution
-- stream sends them.
--
-- Trades, settlements and liquidations are fills, those not plain trades with an event that says
-- why; New is an order, and each other step of an order an event; Funding is cash. The venue's
-- document gives execComm no sign of its own: it is a rate (commission) times a value, and the rate
-- of funding is the funding rate for a long, which pays where it is above zero, and its opposite
-- for a short. So execComm above zero was paid; below zero it is a rebate of a fill, and funding
-- received. It counts the smallest unit of its currency: XBt 10^-8 of BTC, Gwei 10^-9 of ETH, LAMp
-- 10^-9 of SOL, USDt and BMEx 10^-6 of USDT and BMEX. An inverse contract is 1 USD; the size of a
-- linear one is what homeNotional of any row of its symbol tells. A quanto contract, and a linear
-- one without homeNotional, must be declared. A spot quantity is homeNotional, as lastQty counts
-- the smallest unit. XBT is called BTC; symbols stay as BitMEX writes them.
--
-- shape: fill, order, event, cash
-- reads: json
-- recognised by: execID+execType+symbol+timestamp
-- records: data
-- venue: bitmex
-- repeats: yes
-- macros: bitmex

with records as (
    select
        row_id,
        record,
        record ->> '$.execType' as exec_type,
        record ->> '$.execID' as exec_id,
        record ->> '$.symbol' as symbol,
        upper(record ->> '$.side') as side,
        bitmex_currency(record ->> '$.currency') as quote,
        nullif(nullif(record ->> '$.orderID', ''), '00000000-0000-0000-0000-000000000000')
            as stated_order,
        coalesce(
            nullif(record ->> '$.execCommCcy', ''), nullif(record ->> '$.settlCurrency', '')
        ) as unit,
        coalesce(nullif(record ->> '$.settlCurrency', ''), record ->> '$.currency') as settle_unit,
        record ->> '$.execComm' as commission,
        record ->> '$.lastQty' as contracts,
        ltrim(record ->> '$.homeNotional', '-') as home,
        coalesce(record ->> '$.transactTime', record ->> '$.timestamp') as happened_at
    from ingest_raw
),

units as (
    select
        *,
        bitmex_exponent(unit) as exponent,
        case when bitmex_exponent(unit) is not null then bitmex_currency(unit) end as fee_currency,
        case
            when bitmex_exponent(unit) is null and unit is not null
                then 'unknown_unit how much of a currency one ' || unit || ' is, is not known'
        end as unit_refusal,
        bitmex_currency(settle_unit) as settle,
        bitmex_is_spot(symbol, record ->> '$.currency') as is_spot,
        bitmex_base(symbol, record ->> '$.currency') as base
    from records
),

contracts_sized as (
    select
        *,
        bitmex_contract_size(contracts, home) as size
    from units
),

termed as (
    select
        *,
        case
            when is_spot then 'SPOT'
            when settle = base and quote = 'USD' then 'INVERSE'
            when settle = quote and size is not null then 'LINEAR'
        end as instrument_type,
        case
            when is_spot then null
            when settle = base and quote = 'USD' then '1'
            else size
        end as multiplier,
        coalesce(exec_type, '') in (
            'Trade', 'Settlement', 'Liquidation', 'Bankruptcy', 'BlockTrade'
        ) as is_fill,
        case
            when exec_type = 'Trade' and contains(lower(record ->> '$.text'), 'liquidat')
                then 'liquidation'
            when exec_type = 'Trade' and regexp_matches(
                lower(record ->> '$.text'), 'deleverag|\badl\b'
            ) then 'auto-deleveraging'
            when exec_type in ('Liquidation', 'Bankruptcy') then 'liquidation'
            when exec_type = 'Settlement' then 'settlement'
            when exec_type = 'BlockTrade' then 'block trade'
        end as cause
    from contracts_sized
),

steps as (
    select
        * exclude (instrument_type, multiplier),
        -- a row that trades nothing is of the contract that others of the file tell the size of
        coalesce(instrument_type, max(instrument_type) over same_symbol) as instrument_type,
        coalesce(multiplier, max(multiplier) over same_symbol) as multiplier,
        0 as item,
        base as base_currency,
        quote as quote_currency,
        settle as settlement_currency,
        coalesce(stated_order, 'of-fill-' || exec_id) as order_id,
        case exec_type
            when 'Canceled' then 'CANCELLED' when 'Expired' then 'EXPIRED'
            when 'Rejected' then 'REJECTED' when 'Replaced' then 'REPLACED'
            when 'Restated' then 'RESTATED'
            when 'TriggeredOrActivatedBySystem' then 'ACCEPTED'
            when 'TriggeredOrActivatedByUser' then 'ACCEPTED'
        end as step
    from termed
    window same_symbol as (partition by symbol)
),

final as (
    select
        row_id,
        item,
        'fill' as shape,
        case
            when exec_type is null
                then 'not_an_execution it has no execType: is it an answer of /execution?'
            when not is_fill
                then 'unknown_execution execType ' || exec_type
                || ' is no fill, no step of an order and no funding'
            else unit_refusal
        end as refusal,
        symbol,
        base_currency,
        quote_currency,
        settlement_currency,
        instrument_type,
        multiplier,
        order_id,
        exec_id as fill_id,
        side,
        case when is_spot then home else contracts end as quantity,
        record ->> '$.lastPx' as price,
        commission || exponent as fee_amount,
        fee_currency,
        case
            when starts_with(record ->> '$.lastLiquidityInd', 'Added') then 'MAKER'
            when starts_with(record ->> '$.lastLiquidityInd', 'Removed') then 'TAKER'
        end as liquidity,
        happened_at as executed_at
    from steps
    where coalesce(exec_type, '') not in ('Funding', 'New') and step is null
    union all by name
    select
        row_id,
        item,
        'order' as shape,
        case
            when is_spot
                then 'unknown_unit its quantity counts the smallest unit of its currency'
        end as refusal,
        symbol,
        base_currency,
        quote_currency,
        settlement_currency,
        instrument_type,
        multiplier,
        order_id,
        nullif(record ->> '$.clOrdID', '') as client_order_id,
        side,
        bitmex_order_type(record ->> '$.ordType') as order_type,
        record ->> '$.orderQty' as quantity,
        record ->> '$.price' as limit_price,
        record ->> '$.stopPx' as stop_price,
        bitmex_time_in_force(record ->> '$.timeInForce', record ->> '$.execInst') as time_in_force,
        'ACCEPTED' as status,
        record ->> '$.ordStatus' as venue_status,
        happened_at as created_at
    from steps
    where exec_type = 'New'
    union all by name
    select
        row_id,
        item,
        'event' as shape,
        symbol,
        base_currency,
        quote_currency,
        settlement_currency,
        instrument_type,
        multiplier,
        order_id,
        case when side in ('BUY', 'SELL') then side end as side,
        exec_id as event_id,
        coalesce(step, 'EXECUTED') as event_type,
        case when step not in ('REPLACED', 'RESTATED') then step end as status,
        coalesce(record ->> '$.ordStatus', exec_type) as venue_status,
        coalesce(
            cause, nullif(record ->> '$.ordRejReason', ''), nullif(record ->> '$.text', '')
        ) as reason,
        case when step in ('REPLACED', 'RESTATED') and not is_spot then record ->> '$.orderQty' end
            as order_quantity,
        case when step in ('REPLACED', 'RESTATED') then record ->> '$.price' end as limit_price,
        happened_at as occurred_at
    from steps
    where step is not null or (is_fill and cause is not null)
    union all by name
    select
        row_id,
        item,
        'cash' as shape,
        unit_refusal as refusal,
        symbol,
        base_currency,
        quote_currency,
        settlement_currency,
        instrument_type,
        multiplier,
        exec_id as movement_id,
        'FUNDING' as kind,
        ingest_negated(commission || exponent) as amount,
        fee_currency as currency,
        happened_at as occurred_at
    from steps
    where exec_type = 'Funding'
)

select * from final
