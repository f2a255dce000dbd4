-- Terms of instruments the ledger knows, all of them stated anew, for all that was traded.
--
-- shape: instrument_restatement
-- reads: csv, parquet, json
-- columns: symbol, instrument_type, base_currency, quote_currency, settlement_currency,
-- columns: multiplier, is_inverse, reason, restated_at
-- optional: tick_size, lot_size, allows_negative_price, actor

select
    row_id,
    symbol,
    base_currency,
    quote_currency,
    settlement_currency,
    multiplier,
    is_inverse,
    instrument_type,
    tick_size,
    lot_size,
    allows_negative_price,
    actor,
    reason,
    restated_at
from ingest_raw
