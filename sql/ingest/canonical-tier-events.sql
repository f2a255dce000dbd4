-- An account entering a tier.
--
-- shape: tier_event
-- reads: csv, parquet, json
-- columns: account, tier, occurred_at
-- optional: gates_passed, locked_features

select
    row_id,
    account,
    tier,
    occurred_at,
    gates_passed,
    locked_features
from ingest_raw
