-- What was decided about breaks.
--
-- shape: resolution
-- reads: csv, parquet, json
-- columns: break_id, action, reason, actor, occurred_at

select
    row_id,
    break_id,
    action,
    reason,
    actor,
    occurred_at
from ingest_raw
