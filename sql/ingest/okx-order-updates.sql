-- OKX order updates, as the orders channel of the private WebSocket sends them.
--
-- The first message of an order in a load is the order; each message is an event, with the quantity
-- and price as they are from there on; one with a trade is a fill. fillFee is the trade's own fee,
-- fee the sum of the order's: without fillFee the fee is known of an order's only fill, and any
-- other trade is refused, to be loaded with okx-fills. Below zero was paid, above zero is a rebate,
-- and so is rebate. Ids and keys are those of okx-fills and okx-orders.
--
-- shape: order, event, fill
-- reads: json
-- recognised by: arg.channel=orders+arg.instType+data.ordId+data.state+data.cTime
-- recognised by: instId+ordId+state+cTime+amendResult, instId+ordId+state+cTime+fillFee
-- records: data
-- venue: okx
-- repeats: yes
-- macros: okx

with updates as (
    select
        *,
        0 as item,
        nullif(record ->> '$.tradeId', '') as trade_id,
        nullif(record ->> '$.fillFee', '') as fill_fee,
        record ->> '$.accFillSz' = record ->> '$.fillSz' as is_only_fill,
        coalesce(nullif(record ->> '$.fee', ''), '0') as fee_sum,
        coalesce(ingest_unless_zero(record ->> '$.rebate'), '0') as rebate_sum,
        nullif(record ->> '$.feeCcy', '') as fee_sum_currency,
        nullif(record ->> '$.rebateCcy', '') as rebate_currency,
        row_number() over (partition by order_id order by updated_at, row_id) as nth
    from okx_orders()
),

final as (
    select
        row_id,
        item,
        'order' as shape,
        case
            when order_id is null or venue_status is null
                then 'not_an_order it has no ordId and state: is it a message of the orders '
                || 'channel?'
        end as refusal,
        symbol,
        base_currency,
        quote_currency,
        instrument_type,
        order_id,
        client_order_id,
        side,
        order_type,
        quantity,
        filled_quantity,
        average_price,
        limit_price,
        time_in_force,
        created_at
    from updates
    where nth = 1 or order_id is null or venue_status is null
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
        side,
        venue_status || ' ' || updated_at || coalesce(' ' || trade_id, '') as event_id,
        case
            when record ->> '$.amendResult' = '0' then 'REPLACED'
            when status = 'PARTIAL' then 'EXECUTED'
            else status
        end as event_type,
        status,
        venue_status,
        reason,
        case when not is_sized_in_quote then ingest_unless_zero(record ->> '$.sz') end
            as order_quantity,
        limit_price,
        updated_at as occurred_at
    from updates
    where order_id is not null and venue_status is not null
    union all by name
    select
        row_id,
        item,
        'fill' as shape,
        case
            when fill_fee is not null then null
            when not is_only_fill
                then 'accumulated_fee of trade ' || trade_id || ' only the sum of the fees of its '
                || 'order is told: load okx-fills'
            when rebate_sum <> '0'
                and coalesce(rebate_currency, '') <> coalesce(fee_sum_currency, '')
                and ingest_decimal(fee_sum) <> 0
                then 'several_fee_currencies trade ' || trade_id || ' has a fee and a rebate in '
                || 'two currencies, and a fill has one fee currency'
        end as refusal,
        symbol,
        base_currency,
        quote_currency,
        instrument_type,
        order_id,
        trade_id as fill_id,
        symbol || ' ' || side || ' ' || trade_id as fill_key,
        side,
        record ->> '$.fillSz' as quantity,
        record ->> '$.fillPx' as price,
        case
            when fill_fee is not null then ingest_negated(fill_fee)
            when rebate_sum = '0' then ingest_negated(fee_sum)
            else cast(-(ingest_decimal(fee_sum) + ingest_decimal(rebate_sum)) as varchar)
        end as fee_amount,
        case
            when fill_fee is not null
                then coalesce(nullif(record ->> '$.fillFeeCcy', ''), fee_sum_currency)
            when ingest_decimal(fee_sum) = 0 and rebate_sum <> '0' then rebate_currency
            else fee_sum_currency
        end as fee_currency,
        okx_liquidity(record ->> '$.execType') as liquidity,
        coalesce(nullif(record ->> '$.fillTime', ''), updated_at) as executed_at
    from updates
    where trade_id is not null and ingest_unless_zero(record ->> '$.fillSz') is not null
        and order_id is not null and venue_status is not null
)

select * from final
