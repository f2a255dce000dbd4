-- A strategy's output, before risk and execution.
--
-- shape: signal
-- reads: csv, parquet, json
-- columns: signal_id, cycle_id, symbol, side, confidence, occurred_at
-- optional: account, strategy_payload

select
    row_id,
    signal_id,
    cycle_id,
    symbol,
    side,
    confidence,
    occurred_at,
    account,
    strategy_payload
from ingest_raw
