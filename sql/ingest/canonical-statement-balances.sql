-- Balances and positions as a statement reports them.
--
-- shape: statement_balance
-- reads: csv, parquet, json
-- columns: venue, account, period_start, period_end, kind, currency, symbol, amount,
-- columns: stated_at
-- optional: average_price

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
    stated_at,
    average_price
from ingest_raw
