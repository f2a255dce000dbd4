-- The kill switch thrown or released.
--
-- shape: kill_switch
-- reads: csv, parquet, json
-- columns: enabled, occurred_at
-- optional: account, reason, actor

select
    row_id,
    enabled,
    occurred_at,
    account,
    reason,
    actor
from ingest_raw
