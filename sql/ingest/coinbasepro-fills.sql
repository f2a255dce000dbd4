-- Coinbase Pro fills, as the site exported them (fills.csv of a statement).
--
-- A trade's id is unique per product only, so the product belongs to the fill's key. The file names
-- no order, so each fill has an order of its own. Price, fee and total are in the unit of their own
-- column. A portfolio other than the default one is the account of its rows.
--
-- shape: fill
-- reads: csv
-- columns: portfolio, trade id, product, side, created at, size, size unit, price, fee, total,
-- columns: price/fee/total unit
-- venue: coinbasepro

select
    row_id,
    nullif(portfolio, 'default') as account,
    product as symbol,
    'of-fill-' || product || ' ' || "trade id" as order_id,
    "trade id" as fill_id,
    product || ' ' || "trade id" as fill_key,
    side,
    size as quantity,
    price,
    coalesce(nullif(fee, ''), '0') as fee_amount,
    "price/fee/total unit" as fee_currency,
    "created at" as executed_at,
    "size unit" as base_currency,
    "price/fee/total unit" as quote_currency,
    'SPOT' as instrument_type
from ingest_raw
