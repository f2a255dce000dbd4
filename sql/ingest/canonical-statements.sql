-- A venue's statements: which account, which period.
--
-- shape: statement
-- reads: csv, parquet, json
-- columns: venue, account, period_start, period_end

select
    row_id,
    venue,
    account,
    period_start,
    period_end
from ingest_raw
