-- Executions as a statement reports them.
--
-- shape: statement_fill
-- reads: csv, parquet, json
-- columns: venue, account, period_start, period_end, symbol, order_id, fill_id, side,
-- columns: quantity, price, fee_amount, fee_currency, executed_at

select
    row_id,
    venue,
    account,
    period_start,
    period_end,
    symbol,
    order_id,
    fill_id,
    side,
    quantity,
    price,
    fee_amount,
    fee_currency,
    executed_at
from ingest_raw
