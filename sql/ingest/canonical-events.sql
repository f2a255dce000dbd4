-- Steps in orders' lives. An end that tells no status has the one it is named for.
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
    -- an end leaves an order what it is named for; of other steps fills tell, or what comes next
    coalesce(
        nullif(trim(status), ''),
        case
            when upper(trim(event_type)) in ('CANCELLED', 'REJECTED', 'EXPIRED', 'FAILED')
                then event_type
        end
    ) as status,
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
