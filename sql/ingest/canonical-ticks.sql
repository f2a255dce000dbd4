-- Best bid and ask of an instrument at a moment.
--
-- shape: tick
-- reads: csv, parquet, json
-- columns: symbol, bid_price, ask_price, event_at

select
    row_id,
    symbol,
    bid_price,
    ask_price,
    event_at
from ingest_raw
