-- OKX orders, as GET /api/v5/trade/order, orders-pending, orders-history and orders-history-archive
-- answer them.
--
-- An order with its terms, and its state as an event; liquidation and auto-deleveraging (category)
-- are the event's reason. The last fill, the average price and the sum of fees that an order tells
-- are not made fills of: load okx-fills. A spot order for an amount of quote currency has a
-- quantity once it has ended, what was got. Derivatives are counted in contracts, whose size no row
-- tells: declare them.
--
-- shape: order
-- reads: json
-- records: data
-- venue: okx

with orders as (
    select
        row_id,
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
        nullif(record ->> '$.cancelSourceReason', '') as cancel_reason
    from ingest_raw
),

final as (
    select
        row_id,
        case
            when order_id is null or venue_status is null
                then 'not_an_order it has no ordId and state: is it an answer of /trade/orders-…?'
        end as refusal,
        symbol,
        case when is_spot then split_part(symbol, '-', 1) end as base_currency,
        case when is_spot then split_part(symbol, '-', 2) end as quote_currency,
        case when is_spot then 'SPOT' end as instrument_type,
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
        status,
        venue_status,
        coalesce(cause, cancel_reason) as reason,
        record ->> '$.cTime' as created_at,
        record ->> '$.uTime' as updated_at
    from orders
)

select * from final
