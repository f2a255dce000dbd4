-- Kraken Futures fills, as GET /derivatives/api/v3/fills answers them and the fills feed of the
-- WebSocket sends them.
--
-- A fill_id is unique at the venue. fee_paid is in fee_currency, and a negative one is a rebate;
-- the REST answer tells no fee, and its fills are taken to have cost none: load what the feed sent.
-- Liquidations, unwinds and assignments (fillType) also leave an event that says why. PI_ and FI_
-- are inverse contracts of 1 USD, settled in their base; PF_ and FF_ are contracts on one unit of
-- the base, settled in the quote currency; any other must be declared. XBT is called BTC.
--
-- shape: fill, event
-- reads: json
-- recognised by: fill_id+order_id+fillTime+fillType, fill_id+order_id+instrument+buy+qty
-- records: fills
-- venue: kraken-futures
-- macros: kraken
-- repeats: yes

with fills as (
    select
        row_id,
        record,
        upper(coalesce(record ->> '$.symbol', record ->> '$.instrument')) as symbol,
        coalesce(record ->> '$.fillType', record ->> '$.fill_type') as fill_type,
        coalesce(record ->> '$.fillTime', record ->> '$.time') as executed_at,
        nullif(record ->> '$.fill_id', '') as fill_id,
        coalesce(
            upper(record ->> '$.side'),
            case record ->> '$.buy' when 'true' then 'BUY' when 'false' then 'SELL' end
        ) as side
    from ingest_raw
),

termed as (
    select
        *,
        0 as item,
        kraken_contract_pair(symbol) as currencies,
        kraken_contract_type(symbol) as instrument_type,
        case
            when starts_with(lower(fill_type), 'liquidation') then 'liquidation'
            when starts_with(lower(fill_type), 'unwind') then 'auto-deleveraging'
            when starts_with(lower(fill_type), 'assign') then 'assignment'
        end as cause
    from fills
),

final as (
    select
        row_id,
        item,
        'fill' as shape,
        case when fill_id is null then 'not_a_fill it has no fill_id' end as refusal,
        symbol,
        currencies[1] as base_currency,
        currencies[2] as quote_currency,
        instrument_type,
        case when instrument_type is not null then '1' end as multiplier,
        record ->> '$.order_id' as order_id,
        fill_id,
        side,
        coalesce(record ->> '$.size', record ->> '$.qty') as quantity,
        record ->> '$.price' as price,
        coalesce(record ->> '$.fee_paid', '0') as fee_amount,
        kraken_currency(upper(record ->> '$.fee_currency')) as fee_currency,
        case
            when lower(fill_type) = 'maker' then 'MAKER'
            when starts_with(lower(fill_type), 'taker') then 'TAKER'
        end as liquidity,
        executed_at
    from termed
    union all by name
    select
        row_id,
        item,
        'event' as shape,
        symbol,
        currencies[1] as base_currency,
        currencies[2] as quote_currency,
        instrument_type,
        case when instrument_type is not null then '1' end as multiplier,
        record ->> '$.order_id' as order_id,
        side,
        fill_id as event_id,
        'EXECUTED' as event_type,
        fill_type as venue_status,
        cause as reason,
        executed_at as occurred_at
    from termed
    where cause is not null
)

select * from final
