-- NautilusTrader fills report (`trader.generate_fills_report()`), saved as CSV, Parquet, or
-- a JSON list, a row per fill.
--
-- An instrument is SYMBOL.VENUE: the venue is its last part, in small letters, the symbol what
-- stands before. A trade's id is unique per symbol and side. The commission is an amount with its
-- currency (2.50 USDT), below zero a rebate. The order is the venue's own (venue_order_id), or the
-- client's. BASE/QUOTE, BASE-QUOTE, and a symbol that ends with the fill's currency, is a spot
-- pair; with -PERP or -LINEAR behind it, a contract on one unit of the base. Any other instrument
-- must be declared; so must one of BitMEX or Deribit, a contract priced in USD, and BTCUSD or the
-- like: such may be inverse, which the report does not tell. Times are UTC, or nanoseconds since
-- the epoch.
--
-- shape: fill
-- reads: csv, parquet, json
-- columns: instrument_id, trade_id, order_side, last_qty, last_px, commission, ts_event
-- optional: client_order_id, venue_order_id, account_id, trader_id, strategy_id, position_id
-- optional: order_type, currency, liquidity_side, event_id, ts_init, info, reconciliation
-- optional: commission_currency, type
-- macros: nautilus

with fills as (
    select
        *,
        nautilus_symbol(instrument_id) as symbol,
        nautilus_venue(instrument_id) as venue,
        nautilus_quote(nautilus_symbol(instrument_id), nullif(currency, '')) as quote,
        cast(ts_event as varchar) as moment
    from ingest_raw
),

termed as (
    select
        *,
        nautilus_type(symbol, venue, quote) as instrument_type
    from fills
),

final as (
    select
        row_id,
        venue,
        account_id as account,
        symbol,
        case when instrument_type is not null then nautilus_base(symbol, quote) end
            as base_currency,
        case when instrument_type is not null then quote end as quote_currency,
        instrument_type,
        case when instrument_type = 'LINEAR' then '1' end as multiplier,
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
