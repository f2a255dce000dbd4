-- A trader's answers to interventions.
--
-- shape: tilt_response
-- reads: csv, parquet, json
-- columns: account, intervention, response, occurred_at

select
    row_id,
    account,
    intervention,
    response,
    occurred_at
from ingest_raw
