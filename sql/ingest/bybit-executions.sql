-- Bybit v5 executions, as GET /v5/execution/list answers them and the execution stream sends them.
--
-- Trades, deliveries and settlements, and trades by liquidation (BustTrade) or auto-deleveraging
-- (AdlTrade), are fills; all but plain trades also leave an event that says why the order executed.
-- Funding is cash: a fee above zero was paid, as the venue's document of the transaction log calls
-- execFee the opposite of its funding, which was received where it is above zero. A fee below zero
-- of a fill is a rebate. Spot fees without a currency are in what was received, rebates in what was
-- given. Both sides of a trade with oneself may share an id: symbol and side belong to the fill's
-- key. A linear contract that is called like a spot pair gets the suffix _PERP. An inverse contract
-- is 1 USD; a linear or option quantity is in the base currency. Without a category the instrument
-- must be declared.
--
-- shape: fill, event, cash
-- reads: json
-- recognised by: execId+execQty+execType, list.execId+list.execQty, data.execId+data.execQty
-- recognised by: result.list.execId+result.list.execQty
-- venue: bybit
-- macros: bybit

with executions as (
    select
        row_id,
        item,
        entry as execution,
        coalesce(entry ->> '$.category', page_category) as category,
        entry ->> '$.symbol' as venue_symbol,
        upper(entry ->> '$.side') as side,
        entry ->> '$.execType' as exec_type,
        entry ->> '$.execId' as exec_id,
        entry ->> '$.execFee' as fee,
        nullif(entry ->> '$.feeCurrency', '') as stated_currency
    from bybit_entries()
),

quoted as (
    select
        *,
        bybit_quote(category, venue_symbol) as quote
    from executions
),

instruments as (
    select
        *,
        bybit_base(category, venue_symbol, quote) as base,
        bybit_symbol(category, venue_symbol, quote) as symbol
    from quoted
),

known as (
    select
        row_id,
        item,
        symbol,
        side,
        exec_type,
        exec_id,
        fee,
        base as base_currency,
        quote as quote_currency,
        case when category = 'inverse' then base else quote end as settlement_currency,
        bybit_instrument_type(category) as instrument_type,
        bybit_multiplier(category) as multiplier,
        coalesce(stated_currency, case
            when category = 'inverse' then base
            when category <> 'spot' then quote
            when (side = 'BUY') = (ingest_decimal(fee) >= 0) then base
            else quote
        end) as fee_currency,
        nullif(execution ->> '$.orderId', '') as order_id,
        execution ->> '$.execQty' as quantity,
        execution ->> '$.execPrice' as price,
        case execution ->> '$.isMaker' when 'true' then 'MAKER' when 'false' then 'TAKER' end
            as liquidity,
        execution ->> '$.execTime' as occurred_at,
        case exec_type
            when 'BustTrade' then 'liquidation'
            when 'AdlTrade' then 'auto-deleveraging'
            when 'Delivery' then 'delivery'
            when 'Settle' then 'settlement'
            when 'BlockTrade' then 'block trade'
            when 'MovePosition' then 'position moved between accounts'
            when 'FutureSpread' then 'leg of a spread'
        end as cause
    from instruments
),

final as (
    select
        row_id,
        item,
        'fill' as shape,
        case
            when exec_id is null and exec_type is null
                then 'not_an_execution it has neither execId nor execType: is it an answer of '
                || '/v5/execution/list?'
            when exec_type <> 'Trade' and cause is null
                then 'unknown_execution execType ' || exec_type || ' is no fill and no funding'
        end as refusal,
        symbol,
        base_currency,
        quote_currency,
        settlement_currency,
        instrument_type,
        multiplier,
        coalesce(order_id, 'of-fill-' || exec_id) as order_id,
        exec_id as fill_id,
        symbol || ' ' || side || ' ' || exec_id as fill_key,
        side,
        quantity,
        price,
        coalesce(nullif(fee, ''), '0') as fee_amount,
        fee_currency,
        liquidity,
        occurred_at as executed_at
    from known
    where exec_type is distinct from 'Funding'
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
        coalesce(order_id, 'of-fill-' || exec_id) as order_id,
        side,
        'EXECUTED ' || exec_id as event_id,
        'EXECUTED' as event_type,
        exec_type as venue_status,
        cause as reason,
        occurred_at
    from known
    where cause is not null
    union all by name
    select
        row_id,
        item,
        'cash' as shape,
        symbol,
        base_currency,
        quote_currency,
        settlement_currency,
        instrument_type,
        multiplier,
        exec_id as movement_id,
        'FUNDING' as kind,
        ingest_negated(fee) as amount,
        fee_currency as currency,
        occurred_at
    from known
    where exec_type = 'Funding'
)

select * from final
