-- Kraken spot balances, as POST /0/private/Balance and BalanceEx answer them: an amount, or a
-- balance with what is held back for orders, of each asset. Loaded `--as statement`.
--
-- The answer tells no moment: say it with --to, the moment after. XBT is called BTC; assets with a
-- suffix, as staked (.S) or earning (.F), are balances of their own. The whole answer is one
-- record.
--
-- shape: balance
-- reads: json
-- recognised by: error+result.ZUSD, error+result.XXBT, error+result.ZEUR, error+result.XETH
-- recognised by: error+result.USDT, error+result.ZGBP
-- venue: kraken
-- macros: kraken

with answers as (
    select
        row_id,
        coalesce(record -> '$.result', record) as held
    from ingest_raw
),

assets as (
    select
        *,
        unnest(json_keys(held)) as asset
    from answers
),

final as (
    select
        row_id,
        'BALANCE' as kind,
        kraken_currency(asset) as currency,
        coalesce(
            held ->> ('$."' || asset || '".balance'), held ->> ('$."' || asset || '"')
        ) as amount,
        cast(null as varchar) as stated_at
    from assets
)

select * from final
