-- Operational checks of the plant, apart from trading.
--
-- shape: smoke_run
-- reads: csv, parquet, json
-- columns: environment, status, ran_at
-- optional: rpc_latency_ms, wallet_check, tx_simulation

select
    row_id,
    environment,
    status,
    ran_at,
    rpc_latency_ms,
    wallet_check,
    tx_simulation
from ingest_raw
