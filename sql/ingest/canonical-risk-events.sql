-- Decisions of the risk policy about a request or an order.
--
-- shape: risk_event
-- reads: csv, parquet, json
-- columns: action, rule, occurred_at
-- optional: client_request_id, venue, account, order_id, details

select
    row_id,
    action,
    rule,
    occurred_at,
    client_request_id,
    venue,
    account,
    order_id,
    details
from ingest_raw
