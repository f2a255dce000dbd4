-- Executions, corrections and busts; fill_id is unique within venue and account.
--
-- shape: fill
-- reads: csv, parquet, json
-- columns: venue, account, symbol, order_id, fill_id, side, quantity, price,
-- columns: fee_amount, fee_currency, liquidity, executed_at
-- optional: kind, corrects_fill_id

select
    row_id,
    venue,
    account,
    symbol,
    order_id,
    fill_id,
    side,
    quantity,
    price,
    fee_amount,
    fee_currency,
    liquidity,
    executed_at,
    kind,
    corrects_fill_id
from ingest_raw
