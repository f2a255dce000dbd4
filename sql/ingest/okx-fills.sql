-- OKX fills, as GET /api/v5/trade/fills and fills-history answer them.
--
-- OKX writes a fee as what it did to the balance: below zero was paid, above zero is a rebate. Both
-- sides of a trade with oneself share an id: symbol and side belong to the fill's key. Liquidation,
-- auto-deleveraging, delivery and exercise (subType) also leave an event that says why. Sizes of
-- derivatives count contracts. A fee is feeRate of what was traded, so the two tell the power of
-- ten that is the contract's size, for the rows of its symbol in a load; where none has both, and
-- of an option, the instrument must be declared. Spot and margin instruments are made of the
-- symbol.
--
-- shape: fill, event
-- reads: json
-- recognised by: instId+ordId+tradeId+fillPx+ts
-- records: data
-- venue: okx
-- macros: okx

with records as (
    select
        row_id,
        0 as item,
        record,
        record ->> '$.instId' as symbol,
        upper(record ->> '$.side') as side,
        record ->> '$.tradeId' as trade_id,
        record ->> '$.ordId' as order_id,
        coalesce(nullif(record ->> '$.fillTime', ''), record ->> '$.ts') as happened_at,
        okx_is_spot(record ->> '$.instId') as is_spot,
        try_cast(record ->> '$.subType' as integer) as sub_type
    from ingest_raw
),

-- only a magnitude is asked for, so floats cost nothing
sized as (
    select
        *,
        split_part(symbol, '-', 2) = 'USD' as is_inverse,
        log10(nullif(abs(
            try_cast(record ->> '$.fee' as double)
            / nullif(try_cast(record ->> '$.feeRate' as double), 0)
            / nullif(try_cast(record ->> '$.fillSz' as double), 0)
            * pow(
                nullif(abs(try_cast(record ->> '$.fillPx' as double)), 0),
                case when split_part(symbol, '-', 2) = 'USD' then 1 else -1 end
            )
        ), 0)) as magnitude
    from records
),

told as (
    select
        *,
        max(case
            when not is_spot and len(string_split(symbol, '-')) = 3
                and abs(magnitude) < 9 and abs(magnitude - round(magnitude)) < 0.0001
                then '1e' || cast(cast(round(magnitude) as integer) as varchar)
        end) over (partition by symbol) as contract_size
    from sized
),

known as (
    select
        * exclude (magnitude),
        case when is_spot or contract_size is not null then split_part(symbol, '-', 1) end
            as base_currency,
        case when is_spot or contract_size is not null then split_part(symbol, '-', 2) end
            as quote_currency,
        case
            when is_spot then 'SPOT'
            when contract_size is null then null
            when is_inverse then 'INVERSE'
            else 'LINEAR'
        end as instrument_type,
        contract_size as multiplier,
        case
            when sub_type between 100 and 107 then 'liquidation'
            when sub_type between 125 and 128 then 'auto-deleveraging'
            when sub_type in (112, 113) then 'delivery'
            when sub_type in (170, 171, 172) then 'exercise or expiry'
        end as cause
    from told
),

final as (
    select
        row_id,
        item,
        'fill' as shape,
        case
            when (record ->> '$.fillSz') is null or symbol is null
                then 'not_a_fill it has no fillSz: is it an answer of /trade/fills?'
            when (record ->> '$.accFillSz') is not null
                then 'not_a_fill it is an order, whose last fill is not all of them: load it as '
                || 'okx-orders or okx-order-updates'
        end as refusal,
        symbol,
        base_currency,
        quote_currency,
        instrument_type,
        multiplier,
        order_id,
        trade_id as fill_id,
        symbol || ' ' || side || ' ' || trade_id as fill_key,
        side,
        record ->> '$.fillSz' as quantity,
        record ->> '$.fillPx' as price,
        ingest_negated(nullif(record ->> '$.fee', '')) as fee_amount,
        record ->> '$.feeCcy' as fee_currency,
        okx_liquidity(record ->> '$.execType') as liquidity,
        happened_at as executed_at
    from known
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
        side,
        'EXECUTED ' || trade_id as event_id,
        'EXECUTED' as event_type,
        record ->> '$.subType' as venue_status,
        cause as reason,
        happened_at as occurred_at
    from known
    where cause is not null and (record ->> '$.accFillSz') is null
)

select * from final
