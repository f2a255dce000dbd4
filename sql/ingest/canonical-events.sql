-- Steps in orders' lives.
--
-- shape: event
-- reads: csv, parquet, json
-- columns: event_type, occurred_at
-- optional: venue, account, order_id, client_request_id, event_id, status,
-- optional: venue_status, reason, error_code, retry_attempt, latency_ms,
-- optional: order_quantity, limit_price, data, metadata, actor

select
    row_id,
    event_type,
    occurred_at,
    venue,
    account,
    order_id,
    client_request_id,
    event_id,
    status,
    venue_status,
    reason,
    error_code,
    retry_attempt,
    latency_ms,
    order_quantity,
    limit_price,
    data,
    metadata,
    actor
from ingest_raw
