-- Terms of accounts the ledger knows, all of them stated anew: what is empty is so from now on.
--
-- shape: account_restatement
-- reads: csv, parquet, json
-- columns: account, account_type, reason, restated_at
-- optional: venue, trader_id, base_currency, opened_at, actor

select
    row_id,
    account,
    venue,
    trader_id,
    base_currency,
    account_type,
    opened_at,
    actor,
    reason,
    restated_at
from ingest_raw
