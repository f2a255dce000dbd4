-- Coinbase Advanced orders, as GET /api/v3/brokerage/orders/historical/batch and
-- /orders/historical/{order_id} answer them.
--
-- An order with its terms, and its state as an event; a liquidation is the event's reason. The
-- filled size, average price and fees that an order tells are not made fills of: load
-- coinbase-fills. An order for an amount of the quote currency has a quantity once it has ended,
-- what was filled; until then, or if nothing was, it is known by its events only. A bracket is a
-- STOP_LIMIT of its target and its stop. Products are read as in coinbase-fills.
--
-- shape: order, event
-- reads: json
-- recognised by: order_id+product_id+order_configuration
-- recognised by: order.order_id+order.order_configuration
-- records: orders
-- venue: coinbase
-- macros: coinbase

with records as (
    select
        row_id,
        coalesce(record -> '$.order', record) as record
    from ingest_raw
),

-- order_configuration has one member, named for the kind of order
configured as (
    select
        row_id,
        record,
        record ->> '$.product_id' as symbol,
        string_split(record ->> '$.product_id', '-') as parts,
        json_keys(record -> '$.order_configuration')[1] as kind,
        (record ->> '$.order_configuration.*.base_size')[1] as base_size,
        (record ->> '$.order_configuration.*.limit_price')[1] as limit_price,
        coalesce(
            (record ->> '$.order_configuration.*.stop_price')[1],
            (record ->> '$.order_configuration.*.stop_trigger_price')[1]
        ) as stop_price,
        list_contains(record ->> '$.order_configuration.*.post_only', 'true') as is_post_only,
        record ->> '$.status' as venue_status,
        ingest_unless_zero(record ->> '$.filled_size') as filled_size
    from records
),

states as (
    select
        *,
        case
            when venue_status = 'QUEUED' then 'PENDING'
            when venue_status in ('OPEN', 'CANCEL_QUEUED', 'EDIT_QUEUED')
                then case when filled_size is null then 'ACCEPTED' else 'PARTIAL' end
            else venue_status
        end as status,
        coalesce(
            ingest_unless_zero(base_size),
            case
                when venue_status in ('FILLED', 'CANCELLED', 'EXPIRED', 'FAILED') then filled_size
            end
        ) as quantity,
        coalesce(
            case when venue_status not in ('PENDING', 'QUEUED', 'CANCELLED', 'EXPIRED', 'FAILED')
                then nullif(record ->> '$.last_fill_time', '')
            end,
            nullif(record ->> '$.last_update_time', ''),
            nullif(record ->> '$.last_fill_time', ''),
            record ->> '$.created_time'
        ) as stated_at
    from configured
),

final as (
    select
        row_id,
        0 as item,
        case when quantity is null then 'event' else 'order' end as shape,
        case
            when record ->> '$.order_id' is null or venue_status is null
                then 'not_an_order it has no order_id and status: is it an answer of '
                || '/orders/historical/…?'
        end as refusal,
        symbol,
        coinbase_base(parts) as base_currency,
        coinbase_quote(parts) as quote_currency,
        coinbase_instrument_type(parts) as instrument_type,
        coinbase_multiplier(parts) as multiplier,
        record ->> '$.order_id' as order_id,
        nullif(record ->> '$.client_order_id', '') as client_order_id,
        record ->> '$.side' as side,
        case
            when starts_with(kind, 'market_') then 'MARKET'
            when starts_with(kind, 'stop_limit') or starts_with(kind, 'trigger_bracket')
                then 'STOP_LIMIT'
            when limit_price is not null then 'LIMIT'
            when record ->> '$.order_type' = 'LIQUIDATION' then 'MARKET'
            else record ->> '$.order_type'
        end as order_type,
        quantity,
        nullif(record ->> '$.filled_size', '') as filled_quantity,
        ingest_unless_zero(record ->> '$.average_filled_price') as average_price,
        ingest_unless_zero(limit_price) as limit_price,
        ingest_unless_zero(stop_price) as stop_price,
        case
            when is_post_only then 'GTX'
            else case record ->> '$.time_in_force'
                when 'GOOD_UNTIL_CANCELLED' then 'GTC'
                when 'GOOD_UNTIL_DATE_TIME' then 'GTD'
                when 'IMMEDIATE_OR_CANCEL' then 'IOC'
                when 'FILL_OR_KILL' then 'FOK'
            end
        end as time_in_force,
        status,
        venue_status,
        case
            when record ->> '$.is_liquidation' = 'true' then 'liquidation'
            else coalesce(
                nullif(record ->> '$.reject_message', ''),
                nullif(record ->> '$.cancel_message', ''),
                nullif(nullif(record ->> '$.reject_reason', ''), 'REJECT_REASON_UNSPECIFIED')
            )
        end as reason,
        record ->> '$.created_time' as created_at,
        stated_at as updated_at,
        -- of an order that only has events
        case status
            when 'PENDING' then 'SUBMITTED' when 'PARTIAL' then 'EXECUTED' else status
        end as event_type,
        'status ' || status || '@' || ingest_moment(ingest_time(stated_at)) as event_id,
        cast(to_json(struct_pack(
            client_order_id := nullif(record ->> '$.client_order_id', ''),
            order_configuration := record -> '$.order_configuration'
        )) as varchar) as data,
        stated_at as occurred_at
    from states
)

select * from final
