-- NautilusTrader orders report (`trader.generate_orders_report()`), saved as CSV, Parquet, or a
-- JSON list, a row per order.
--
-- An order with its terms, and its status as an event at ts_last. filled_qty, avg_px and
-- commissions are not made fills of: load nautilus-fills, whose symbols and ids are the same. An
-- order for an amount of quote currency (is_quote_quantity) has a quantity once it is filled.
-- BASE/QUOTE, BASE-QUOTE, and a symbol that ends with a stablecoin, is a spot pair; with -PERP or
-- -LINEAR behind it, a contract on one unit of the base. Any other instrument must be declared; so
-- must one of BitMEX or Deribit, and a contract priced in USD: such may be inverse, which the
-- report does not tell. Times are UTC, or nanoseconds since the epoch.
--
-- shape: order
-- reads: csv, parquet, json
-- columns: client_order_id, instrument_id, type, side, quantity, status, ts_init, ts_last
-- optional: venue_order_id, account_id, trader_id, strategy_id, position_id, last_trade_id
-- optional: time_in_force, is_reduce_only, is_quote_quantity, filled_qty, liquidity_side, avg_px
-- optional: slippage, commissions, emulation_trigger, contingency_type, order_list_id
-- optional: linked_order_ids, parent_order_id, exec_algorithm_id, exec_algorithm_params
-- optional: exec_spawn_id, tags, init_id, price, trigger_price, trigger_type, expire_time_ns
-- optional: is_post_only, display_qty, limit_offset, trailing_offset, trailing_offset_type
-- optional: trigger_instrument_id, activation_price, is_triggered, ts_triggered, ts_submitted
-- optional: ts_accepted, ts_closed
-- venue: nautilus
-- macros: nautilus

with orders as (
    select
        *,
        nautilus_symbol(instrument_id) as symbol,
        nautilus_venue(instrument_id) as stated_venue,
        nautilus_quote(nautilus_symbol(instrument_id), null) as quote,
        upper(status) as venue_status,
        upper(type) as venue_type,
        -- pandas and Parquet write what is missing in words
        nullif(nullif(nullif(cast(price as varchar), ''), 'None'), 'nan') as stated_price,
        nullif(nullif(nullif(cast(trigger_price as varchar), ''), 'None'), 'nan')
            as stated_trigger,
        nullif(nullif(nullif(venue_order_id, ''), 'None'), 'nan') as stated_order,
        ingest_decimal(cast(filled_qty as varchar)) as filled,
        lower(cast(is_quote_quantity as varchar)) = 'true' as is_sized_in_quote
    from ingest_raw
),

termed as (
    select
        *,
        nautilus_type(symbol, stated_venue, quote) as instrument_type
    from orders
),

final as (
    select
        row_id,
        stated_venue as venue,
        nullif(nullif(account_id, ''), 'None') as account,
        symbol,
        case when instrument_type is not null then nautilus_base(symbol, quote) end
            as base_currency,
        case when instrument_type is not null then quote end as quote_currency,
        instrument_type,
        case when instrument_type = 'LINEAR' then '1' end as multiplier,
        coalesce(stated_order, client_order_id) as order_id,
        client_order_id,
        side,
        case
            when venue_type in ('MARKET', 'LIMIT', 'STOP_LIMIT') then venue_type
            when venue_type = 'MARKET_TO_LIMIT' then 'MARKET'
            when venue_type in ('STOP_MARKET', 'TRAILING_STOP_MARKET') then 'STOP'
            when venue_type = 'TRAILING_STOP_LIMIT' then 'STOP_LIMIT'
            when venue_type in ('MARKET_IF_TOUCHED', 'LIMIT_IF_TOUCHED') then 'TAKE_PROFIT'
            else venue_type
        end as order_type,
        case
            when is_sized_in_quote and venue_status <> 'FILLED' then null
            when is_sized_in_quote then cast(filled_qty as varchar)
            else cast(quantity as varchar)
        end as quantity,
        case when contains(venue_type, 'LIMIT') then stated_price end as limit_price,
        stated_trigger as stop_price,
        case
            when lower(cast(is_post_only as varchar)) = 'true' then 'GTX'
            else nullif(time_in_force, '')
        end as time_in_force,
        case
            when venue_status in ('INITIALIZED', 'SUBMITTED', 'EMULATED', 'RELEASED')
                then 'PENDING'
            when venue_status in ('ACCEPTED', 'TRIGGERED', 'PENDING_UPDATE', 'PENDING_CANCEL')
                then case when filled > 0 then 'PARTIAL' else 'ACCEPTED' end
            when venue_status = 'PARTIALLY_FILLED' then 'PARTIAL'
            when venue_status in ('CANCELED', 'CANCELLED') then 'CANCELLED'
            when venue_status = 'DENIED' then 'REJECTED'
            else venue_status
        end as status,
        venue_status,
        cast(filled_qty as varchar) as filled_quantity,
        nullif(nullif(nullif(cast(avg_px as varchar), ''), 'None'), 'nan') as average_price,
        case
            when regexp_full_match(cast(ts_init as varchar), '[0-9]{19}')
                then left(cast(ts_init as varchar), 16)
            else cast(ts_init as varchar)
        end as created_at,
        case
            when regexp_full_match(cast(ts_last as varchar), '[0-9]{19}')
                then left(cast(ts_last as varchar), 16)
            else cast(ts_last as varchar)
        end as updated_at
    from termed
)

select * from final
