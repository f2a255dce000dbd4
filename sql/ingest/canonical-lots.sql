-- Lots held before the first fill, or transferred in, each at a given cost.
--
-- shape: lot
-- reads: csv, parquet, json
-- columns: account, symbol, lot_id, side, quantity, price, acquired_at
-- optional: venue, kind, reason

select
    row_id,
    account,
    symbol,
    lot_id,
    side,
    quantity,
    price,
    acquired_at,
    venue,
    kind,
    reason
from ingest_raw
