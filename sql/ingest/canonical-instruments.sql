-- What is traded, and its terms.
--
-- shape: instrument
-- reads: csv, parquet, json
-- columns: symbol, base_currency, quote_currency, settlement_currency, multiplier,
-- columns: is_inverse
-- optional: instrument_type, tick_size, lot_size, allows_negative_price

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
    allows_negative_price
from ingest_raw
