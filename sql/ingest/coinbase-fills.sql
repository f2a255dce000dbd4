-- Coinbase Advanced fills, as GET /api/v3/brokerage/orders/historical/fills answers them.
--
-- A fill is known by its trade_id, unique at the venue among fills. The commission is in the quote
-- currency of the product, and a negative one is a rebate. Where `size_in_quote` is true the size
-- is an amount of the quote currency: the quantity is that amount divided by the price, in whole
-- numbers and rounded once, and the fill is marked as rounded if it does not end in 12 decimals. A
-- product is BASE-QUOTE, or BASE-PERP-INTX: a contract on one unit of the base, settled in USDC.
-- Any other future is of a size the row does not tell, and must be declared. What adjusts an
-- earlier fill (REVERSAL, CORRECTION, SYNTHETIC) does not say which, and is refused.
--
-- shape: fill
-- reads: json
-- recognised by: trade_id+entry_id+product_id+trade_type
-- records: fills
-- venue: coinbase
-- macros: coinbase

with records as (
    select
        row_id,
        record,
        record ->> '$.product_id' as symbol,
        string_split(record ->> '$.product_id', '-') as parts
    from ingest_raw
),

final as (
    select
        row_id,
        symbol,
        case
            when upper(record ->> '$.trade_type') <> 'FILL'
                then 'adjusted_fill ' || coalesce(record ->> '$.trade_id', 'it') || ' is a '
                || (record ->> '$.trade_type') || ', and does not say of which fill: load it '
                || 'with canonical-fills, with corrects_fill_id'
        end as refusal,
        record ->> '$.order_id' as order_id,
        record ->> '$.trade_id' as fill_id,
        record ->> '$.side' as side,
        case record ->> '$.size_in_quote'
            when 'true' then ingest_quotient(record ->> '$.size', record ->> '$.price')
            else record ->> '$.size'
        end as quantity,
        record ->> '$.price' as price,
        record ->> '$.commission' as fee_amount,
        case parts[-1] when 'INTX' then 'USDC' when 'CDE' then 'USD' else parts[2] end
            as fee_currency,
        case when record ->> '$.liquidity_indicator' in ('MAKER', 'TAKER')
            then record ->> '$.liquidity_indicator'
        end as liquidity,
        record ->> '$.trade_time' as executed_at,
        coinbase_base(parts) as base_currency,
        coinbase_quote(parts) as quote_currency,
        coinbase_instrument_type(parts) as instrument_type,
        coinbase_multiplier(parts) as multiplier
    from records
)

select * from final
