-- Deposits, withdrawals, funding and other cash that moved without a trade.
--
-- shape: cash
-- reads: csv, parquet, json
-- columns: venue, account, movement_id, kind, amount, currency, occurred_at
-- optional: symbol, reason

select
    row_id,
    venue,
    account,
    movement_id,
    kind,
    amount,
    currency,
    occurred_at,
    symbol,
    reason
from ingest_raw
