-- Bybit v5 executions, as GET /v5/execution/list answers them and the execution stream sends them.
--
-- Trades, deliveries and settlements, and trades by liquidation (BustTrade) or auto-deleveraging
-- (AdlTrade), are fills; all but plain trades also leave an event that says why the order executed.
-- Funding is cash: a fee above zero was paid. A fee below zero is a rebate. Spot fees without a
-- currency are in what was received, rebates in what was given. Both sides of a trade with oneself
-- may share an id: symbol and side belong to the fill's key. A linear contract that is called like
-- a spot pair gets the suffix _PERP. An inverse contract is 1 USD; a linear or option quantity is
-- in the base currency. Without a category the instrument must be declared.
--
-- shape: fill, event, cash
-- reads: json
-- venue: bybit

with pages as (
    select
        row_id,
        record,
        coalesce(record ->> '$.result.category', record ->> '$.category') as category,
        coalesce(record -> '$.result.list', record -> '$.list', record -> '$.data') as executions
    from ingest_raw
),

records as (
    select
        row_id,
        unnest(range(greatest(len(executions), 0))) as item,
        unnest(executions) as execution,
        category as page_category
    from (
        select
            row_id,
            category,
            case
                when json_type(executions) = 'ARRAY' then cast(executions as json[])
                else [record]
            end as executions
        from pages
    ) as listed
),

executions as (
    select
        row_id,
        item,
        execution,
        coalesce(execution ->> '$.category', page_category) as category,
        execution ->> '$.symbol' as venue_symbol,
        upper(execution ->> '$.side') as side,
        execution ->> '$.execType' as exec_type,
        execution ->> '$.execId' as exec_id,
        execution ->> '$.execFee' as fee,
        nullif(execution ->> '$.feeCurrency', '') as stated_currency
    from records
),

-- BTCUSDT and BTCUSDT-29DEC23 in USDT, BTCPERP and BTC-29DEC23 in USDC, BTCUSD and BTCUSDH24
-- inverse, BTC-29DEC23-80000-C an option
pairs as (
    select
        *,
        case
            when category = 'inverse' then 'USD'
            when category = 'option'
                then case when ends_with(venue_symbol, '-USDT') then 'USDT' else 'USDC' end
            when category = 'linear' and ends_with(venue_symbol, 'PERP') then 'USDC'
            when category = 'linear'
                then coalesce(ingest_quote_currency(split_part(venue_symbol, '-', 1)), 'USDC')
            when category = 'spot' then ingest_quote_currency(venue_symbol)
        end as quote
    from executions
),

instruments as (
    select
        *,
        case
            when category = 'option' then split_part(venue_symbol, '-', 1)
            when ends_with(venue_symbol, 'PERP') then left(venue_symbol, -4)
            when category = 'inverse'
                then nullif(
                    regexp_extract(venue_symbol, '^(.+)USD([FGHJKMNQUVXZ][0-9]{2})?$', 1), ''
                )
            when ends_with(split_part(venue_symbol, '-', 1), quote)
                then left(split_part(venue_symbol, '-', 1), -length(quote))
            else split_part(venue_symbol, '-', 1)
        end as base,
        case
            when category = 'linear' and not contains(venue_symbol, '-')
                and ends_with(venue_symbol, quote)
                then venue_symbol || '_PERP'
            else venue_symbol
        end as symbol
    from pairs
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
        case category
            when 'spot' then 'SPOT'
            when 'inverse' then 'INVERSE'
            when 'linear' then 'LINEAR'
            when 'option' then 'LINEAR'
        end as instrument_type,
        case when category <> 'spot' then '1' end as multiplier,
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
