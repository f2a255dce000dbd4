-- Intents to trade.
--
-- shape: request
-- reads: csv, parquet, json
-- columns: client_request_id, account, symbol, side, order_type, quantity,
-- columns: requested_at
-- optional: trader_id, signal_id, cycle_id, limit_price, stop_price, stop_loss,
-- optional: take_profit, time_in_force, expires_at

select
    row_id,
    client_request_id,
    account,
    symbol,
    side,
    order_type,
    quantity,
    requested_at,
    trader_id,
    signal_id,
    cycle_id,
    limit_price,
    stop_price,
    stop_loss,
    take_profit,
    time_in_force,
    expires_at
from ingest_raw
