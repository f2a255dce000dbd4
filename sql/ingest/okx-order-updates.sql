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
-- records: data
-- venue: okx

with updates as (
    select
        row_id,
        0 as item,
        record,
        record ->> '$.instId' as symbol,
        upper(record ->> '$.side') as side,
        record ->> '$.ordId' as order_id,
        nullif(record ->> '$.clOrdId', '') as client_order_id,
        record ->> '$.ordType' as venue_type,
        record ->> '$.state' as venue_status,
        len(string_split(record ->> '$.instId', '-')) = 2 as is_spot,
        case record ->> '$.state'
            when 'live' then 'ACCEPTED'
            when 'partially_filled' then 'PARTIAL'
            when 'filled' then 'FILLED'
            when 'canceled' then 'CANCELLED'
            when 'mmp_canceled' then 'CANCELLED'
            else record ->> '$.state'
        end as status,
        len(string_split(record ->> '$.instId', '-')) = 2
        and record ->> '$.ordType' = 'market'
        and coalesce(
            nullif(record ->> '$.tgtCcy', ''),
            case when record ->> '$.side' = 'buy' then 'quote_ccy' end
        ) = 'quote_ccy' as sized_in_quote,
        case record ->> '$.category'
            when 'full_liquidation' then 'liquidation'
            when 'partial_liquidation' then 'partial liquidation'
            when 'adl' then 'auto-deleveraging'
            when 'delivery' then 'delivery'
            when 'auto_conversion' then 'automatic conversion'
        end as cause,
        nullif(record ->> '$.cancelSourceReason', '') as cancel_reason,
        nullif(record ->> '$.tradeId', '') as trade_id,
        record ->> '$.uTime' as happened_at,
        nullif(record ->> '$.fillFee', '') as fill_fee,
        record ->> '$.accFillSz' = record ->> '$.fillSz' as is_only_fill,
        coalesce(nullif(record ->> '$.fee', ''), '0') as fee_sum,
        coalesce(ingest_unless_zero(record ->> '$.rebate'), '0') as rebate_sum,
        nullif(record ->> '$.feeCcy', '') as fee_sum_currency,
        nullif(record ->> '$.rebateCcy', '') as rebate_currency
    from ingest_raw
),

known as (
    select
        *,
        case when is_spot then split_part(symbol, '-', 1) end as base_currency,
        case when is_spot then split_part(symbol, '-', 2) end as quote_currency,
        case when is_spot then 'SPOT' end as instrument_type,
        row_number() over (partition by order_id order by happened_at, row_id) as nth
    from updates
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
        case
            when venue_type in ('market', 'optimal_limit_ioc') then 'MARKET'
            when venue_type in (
                'limit', 'post_only', 'fok', 'ioc', 'mmp', 'mmp_and_post_only', 'op_fok'
            ) then 'LIMIT'
            else venue_type
        end as order_type,
        -- of a spot order for an amount of quote currency, what was got for it once it has ended
        case
            when not sized_in_quote then record ->> '$.sz'
            when status in ('FILLED', 'CANCELLED') then ingest_unless_zero(record ->> '$.accFillSz')
        end as quantity,
        ingest_unless_zero(record ->> '$.px') as limit_price,
        case
            when contains(venue_type, 'post_only') or venue_type = 'mmp' then 'GTX'
            when venue_type in ('fok', 'op_fok') then 'FOK'
            when venue_type in ('ioc', 'optimal_limit_ioc') then 'IOC'
            when venue_type = 'limit' then 'GTC'
        end as time_in_force,
        record ->> '$.cTime' as created_at
    from known
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
        venue_status || ' ' || happened_at || coalesce(' ' || trade_id, '') as event_id,
        case
            when record ->> '$.amendResult' = '0' then 'REPLACED'
            when status = 'PARTIAL' then 'EXECUTED'
            else status
        end as event_type,
        status,
        venue_status,
        coalesce(cause, cancel_reason) as reason,
        case when not sized_in_quote then ingest_unless_zero(record ->> '$.sz') end
            as order_quantity,
        ingest_unless_zero(record ->> '$.px') as limit_price,
        happened_at as occurred_at
    from known
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
        case record ->> '$.execType' when 'M' then 'MAKER' when 'T' then 'TAKER' end as liquidity,
        coalesce(nullif(record ->> '$.fillTime', ''), happened_at) as executed_at
    from known
    where trade_id is not null and ingest_unless_zero(record ->> '$.fillSz') is not null
)

select * from final
