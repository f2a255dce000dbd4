-- NautilusTrader fills report (`trader.generate_fills_report()`), saved as CSV, Parquet, or
-- a JSON list, a row per fill.
--
-- An instrument is SYMBOL.VENUE: the venue is its last part, in small letters, the symbol what
-- stands before. A trade's id is unique per symbol and side. The commission is an amount with its
-- currency (2.50 USDT), below zero a rebate. The order is the venue's own (venue_order_id), or the
-- client's. BASE/QUOTE, and a symbol that ends with the fill's currency, is a spot pair; with -PERP
-- behind it is a contract on one unit of the base. Any other instrument must be declared. Times are
-- UTC, or nanoseconds since the epoch.
--
-- shape: fill
-- reads: csv, parquet, json
-- columns: instrument_id, trade_id, order_side, last_qty, last_px, commission, ts_event
-- optional: client_order_id, venue_order_id, account_id, trader_id, strategy_id, position_id
-- optional: order_type, currency, liquidity_side, event_id, ts_init, info, reconciliation
-- optional: commission_currency, type

with fills as (
    select
        *,
        regexp_extract(instrument_id, '^(.*)[.][^.]+$', 1) as symbol,
        lower(regexp_extract(instrument_id, '[.]([^.]+)$', 1)) as venue,
        cast(ts_event as varchar) as moment
    from ingest_raw
),

termed as (
    select
        *,
        ends_with(symbol, '-PERP') as is_perpetual,
        regexp_replace(symbol, '-PERP$', '') as pair
    from fills
),

final as (
    select
        row_id,
        nullif(venue, '') as venue,
        account_id as account,
        symbol,
        case
            when contains(pair, '/') then split_part(pair, '/', 1)
            when ends_with(pair, currency) and length(pair) > length(currency)
                then left(pair, -length(currency))
        end as base_currency,
        case
            when contains(pair, '/') then split_part(pair, '/', 2)
            when ends_with(pair, currency) and length(pair) > length(currency) then currency
        end as quote_currency,
        case
            when contains(pair, '/') and not is_perpetual then 'SPOT'
            when not ends_with(pair, currency) or length(pair) = length(currency) then null
            when is_perpetual then 'LINEAR'
            else 'SPOT'
        end as instrument_type,
        case
            when is_perpetual and ends_with(pair, currency) then '1'
        end as multiplier,
        coalesce(nullif(venue_order_id, ''), client_order_id) as order_id,
        trade_id as fill_id,
        symbol || ' ' || upper(order_side) || ' ' || trade_id as fill_key,
        order_side as side,
        last_qty as quantity,
        last_px as price,
        split_part(trim(commission), ' ', 1) as fee_amount,
        coalesce(
            nullif(split_part(trim(commission), ' ', 2), ''), commission_currency
        ) as fee_currency,
        case liquidity_side when 'MAKER' then 'MAKER' when 'TAKER' then 'TAKER' end as liquidity,
        case when regexp_full_match(moment, '[0-9]{19}') then left(moment, 16) else moment end
            as executed_at
    from termed
)

select * from final
