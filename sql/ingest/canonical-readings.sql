-- Market-wide figures.
--
-- shape: reading
-- reads: csv, parquet, json
-- columns: name, value, event_at

select
    row_id,
    name,
    value,
    event_at
from ingest_raw
