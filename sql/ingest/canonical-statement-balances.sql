-- Balances and positions as a statement reports them.
--
-- shape: statement_balance
-- reads: csv, parquet, json
-- columns: venue, account, period_start, period_end, kind, currency, symbol, amount,
-- columns: stated_at

select
    row_id,
    venue,
    account,
    period_start,
    period_end,
    kind,
    currency,
    symbol,
    amount,
    stated_at
from ingest_raw
