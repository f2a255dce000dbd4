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

amounts as (
    select
        row_id,
        asset,
        coalesce(
            held ->> ('$."' || asset || '".balance'), held ->> ('$."' || asset || '"')
        ) as amount,
        -- an answer that holds a list, or an object that is no balance, is of something else
        bool_and(
            json_type(held -> ('$."' || asset || '"')) not in ('ARRAY', 'OBJECT')
            or held ->> ('$."' || asset || '".balance') is not null
        ) over (partition by row_id) as is_balance
    from assets
),

final as (
    select
        row_id,
        'BALANCE' as kind,
        kraken_currency(asset) as currency,
        amount,
        cast(null as varchar) as refusal,
        cast(null as varchar) as stated_at
    from amounts
    where is_balance
    union all by name
    select distinct
        row_id,
        'not_a_balance it holds more than the balance of each asset: is it an answer of '
        || '/private/Balance or BalanceEx?' as refusal
    from amounts
    where not is_balance
)

select * from final
