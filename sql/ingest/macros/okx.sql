-- How OKX writes orders and trades.

-- a symbol of two parts is a pair, spot or on margin; of more, a derivative
create or replace temp macro okx_is_spot(symbol) as len(string_split(symbol, '-')) = 2;

create or replace temp macro okx_liquidity(exec_type) as
    case exec_type when 'M' then 'MAKER' when 'T' then 'TAKER' end;

-- the records of ingest_raw as orders, which the API answers and the stream sends alike.
-- One sized in quote is for an amount of the quote currency
create or replace temp macro okx_orders() as table
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
            okx_is_spot(record ->> '$.instId') as is_spot,
            case record ->> '$.state'
                when 'live' then 'ACCEPTED'
                when 'partially_filled' then 'PARTIAL'
                when 'filled' then 'FILLED'
                when 'canceled' then 'CANCELLED'
                when 'mmp_canceled' then 'CANCELLED'
                else record ->> '$.state'
            end as status,
            okx_is_spot(record ->> '$.instId')
            and record ->> '$.ordType' = 'market'
            and coalesce(
                nullif(record ->> '$.tgtCcy', ''),
                case when record ->> '$.side' = 'buy' then 'quote_ccy' end
            ) = 'quote_ccy' as is_sized_in_quote,
            case record ->> '$.category'
                when 'full_liquidation' then 'liquidation'
                when 'partial_liquidation' then 'partial liquidation'
                when 'adl' then 'auto-deleveraging'
                when 'delivery' then 'delivery'
                when 'auto_conversion' then 'automatic conversion'
            end as cause
        from ingest_raw
    )

    select
        row_id,
        record,
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
        -- of one sized in quote, what was got for it once it has ended
        case
            when not is_sized_in_quote then record ->> '$.sz'
            when status in ('FILLED', 'CANCELLED') then ingest_unless_zero(record ->> '$.accFillSz')
        end as quantity,
        nullif(record ->> '$.accFillSz', '') as filled_quantity,
        ingest_unless_zero(record ->> '$.avgPx') as average_price,
        is_sized_in_quote,
        ingest_unless_zero(record ->> '$.px') as limit_price,
        case
            when contains(venue_type, 'post_only') or venue_type = 'mmp' then 'GTX'
            when venue_type in ('fok', 'op_fok') then 'FOK'
            when venue_type in ('ioc', 'optimal_limit_ioc') then 'IOC'
            when venue_type = 'limit' then 'GTC'
        end as time_in_force,
        status,
        venue_status,
        coalesce(cause, nullif(record ->> '$.cancelSourceReason', '')) as reason,
        record ->> '$.cTime' as created_at,
        record ->> '$.uTime' as updated_at
    from orders;
