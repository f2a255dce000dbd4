-- Orders as they were sent to a venue. A status other than PENDING also appends an
-- order event.
--
-- shape: order
-- reads: csv, parquet, json
-- columns: venue, account, symbol, order_id, client_order_id, side, order_type,
-- columns: quantity, limit_price, stop_price, time_in_force, status, created_at
-- optional: client_request_id, slice_number, total_slices, updated_at, reason,
-- optional: venue_status, filled_quantity, average_price

select
    row_id,
    venue,
    account,
    symbol,
    order_id,
    client_order_id,
    side,
    order_type,
    quantity,
    limit_price,
    stop_price,
    time_in_force,
    status,
    created_at,
    client_request_id,
    slice_number,
    total_slices,
    updated_at,
    reason,
    venue_status,
    filled_quantity,
    average_price
from ingest_raw
