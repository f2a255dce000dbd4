-- What a trader did at the desk, apart from orders.
--
-- shape: activity
-- reads: csv, parquet, json
-- columns: account, kind, occurred_at
-- optional: trader_id, click_latency_ms, venue, order_id, entry

select
    row_id,
    account,
    kind,
    occurred_at,
    trader_id,
    click_latency_ms,
    venue,
    order_id,
    entry
from ingest_raw
