-- Orders as a statement reports them.
--
-- shape: statement_order
-- reads: csv, parquet, json
-- columns: venue, account, period_start, period_end, order_id, symbol, side,
-- columns: filled_quantity, status, reported_at
-- optional: quantity, average_price, venue_status

select
    row_id,
    venue,
    account,
    period_start,
    period_end,
    order_id,
    symbol,
    side,
    filled_quantity,
    status,
    reported_at,
    quantity,
    average_price,
    venue_status
from ingest_raw
