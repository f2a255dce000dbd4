-- Kraken spot orders, as POST /0/private/ClosedOrders, OpenOrders and QueryOrders answer them.
--
-- An order with its terms, and its state as an event; an order closed by a liquidation has that for
-- the event's reason. The volume executed, average price and fee that an order tells are not made
-- fills of: load kraken-trades. An order for an amount of the quote currency (flag viqc) has a
-- quantity once it has ended, what was executed; until then it is known by its events only. A pair
-- is split as in kraken-trades. A trailing stop is known by the price it triggers at; an order's
-- client id is its cl_ord_id, as a userref may be shared by several.
--
-- shape: order, event
-- reads: json
-- recognised by: descr.pair+vol_exec+opentm
-- records: result.closed.<txid>, result.open.<txid>, closed.<txid>, open.<txid>
-- records: result.<txid>, <txid>
-- venue: kraken
-- macros: kraken

with records as (
    select
        row_id,
        record,
        record ->> '$.descr.pair' as symbol,
        kraken_pair(record ->> '$.descr.pair') as currencies,
        record ->> '$.descr.ordertype' as venue_type,
        record ->> '$.status' as venue_status,
        string_split(coalesce(record ->> '$.oflags', ''), ',') as flags,
        string_split(coalesce(record ->> '$.misc', ''), ',') as misc,
        coalesce(
            ingest_unless_zero(record ->> '$.closetm'), record ->> '$.opentm'
        ) as stated_at
    from ingest_raw
),

states as (
    select
        *,
        case venue_status
            when 'pending' then 'PENDING'
            when 'open'
                then case when ingest_decimal(record ->> '$.vol_exec') > 0 then 'PARTIAL'
                    else 'ACCEPTED' end
            when 'closed' then 'FILLED'
            when 'canceled' then 'CANCELLED'
            when 'expired' then 'EXPIRED'
            else venue_status
        end as status,
        case
            when list_contains(misc, 'liquidated') then 'liquidation'
            else nullif(record ->> '$.reason', '')
        end as reason,
        case
            when not list_contains(flags, 'viqc') then record ->> '$.vol'
            when venue_status in ('closed', 'canceled', 'expired')
                then ingest_unless_zero(record ->> '$.vol_exec')
        end as quantity,
        list_contains(flags, 'viqc') as is_sized_in_quote
    from records
),

final as (
    select
        row_id,
        0 as item,
        case when is_sized_in_quote and quantity is null then 'event' else 'order' end as shape,
        symbol,
        currencies[1] as base_currency,
        currencies[2] as quote_currency,
        'SPOT' as instrument_type,
        coalesce(record ->> '$.txid', record ->> '$.id') as order_id,
        nullif(record ->> '$.cl_ord_id', '') as client_order_id,
        record ->> '$.descr.type' as side,
        case venue_type
            when 'iceberg' then 'LIMIT'
            when 'settle-position' then 'MARKET'
            when 'stop-loss' then 'STOP_LOSS'
            when 'stop-loss-limit' then 'STOP_LIMIT'
            when 'take-profit' then 'TAKE_PROFIT'
            when 'take-profit-limit' then 'TAKE_PROFIT'
            when 'trailing-stop' then 'STOP_LOSS'
            when 'trailing-stop-limit' then 'STOP_LIMIT'
            else venue_type
        end as order_type,
        quantity,
        record ->> '$.vol_exec' as filled_quantity,
        ingest_unless_zero(record ->> '$.price') as average_price,
        ingest_unless_zero(case
            when venue_type in ('limit', 'iceberg') then record ->> '$.descr.price'
            -- what is given as an offset (+5%, #1.5) is a price once the order has triggered
            when venue_type = 'trailing-stop-limit'
                or (
                    ends_with(venue_type, '-limit')
                    and regexp_matches(record ->> '$.descr.price2', '^[-+#]|%$')
                )
                then record ->> '$.limitprice'
            when ends_with(venue_type, '-limit') then record ->> '$.descr.price2'
        end) as limit_price,
        ingest_unless_zero(case
            when starts_with(venue_type, 'trailing')
                or regexp_matches(record ->> '$.descr.price', '^[-+#]|%$')
                then record ->> '$.stopprice'
            when starts_with(venue_type, 'stop') or starts_with(venue_type, 'take')
                then record ->> '$.descr.price'
        end) as stop_price,
        case
            when list_contains(flags, 'post') then 'GTX'
            when ingest_unless_zero(record ->> '$.expiretm') is not null then 'GTD'
            else nullif(record ->> '$.timeinforce', '')
        end as time_in_force,
        status,
        venue_status,
        reason,
        record ->> '$.opentm' as created_at,
        stated_at as updated_at,
        -- of an order that only has events
        case status
            when 'PENDING' then 'SUBMITTED' when 'PARTIAL' then 'EXECUTED' else status
        end as event_type,
        'status ' || status || '@' || ingest_moment(ingest_time(stated_at)) as event_id,
        cast(to_json(struct_pack(
            client_order_id := nullif(record ->> '$.cl_ord_id', ''),
            volume := record ->> '$.vol',
            flags := record ->> '$.oflags',
            description := record -> '$.descr'
        )) as varchar) as data,
        stated_at as occurred_at
    from states
)

select * from final
