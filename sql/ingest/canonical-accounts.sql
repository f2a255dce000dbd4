-- Trading accounts the firm declares.
--
-- shape: account
-- reads: csv, parquet, json
-- columns: account
-- optional: venue, trader_id, base_currency, account_type, opened_at

select
    row_id,
    account,
    venue,
    trader_id,
    base_currency,
    account_type,
    opened_at
from ingest_raw
