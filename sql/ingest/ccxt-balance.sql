-- ccxt unified balances (fetchBalance): what an account holds of each currency. Loaded
-- `--as statement`.
--
-- `total` is what is held, free and used, nought included. An envelope {exchange, parsed} names the
-- exchange. The moment is timestamp or datetime; some exchanges tell none: say it with --to, the
-- moment after.
--
-- shape: balance
-- reads: json
-- recognised by: free+used+total, exchange+parsed.total
-- venue: ccxt

with envelopes as (
    select
        row_id,
        coalesce(record -> '$.parsed', record) as b,
        record ->> '$.exchange' as exchange
    from ingest_raw
),

totals as (
    select
        *,
        unnest(coalesce(json_keys(b -> '$.total'), [null])) as currency
    from envelopes
),

final as (
    select
        row_id,
        exchange as venue,
        case
            when currency is null then 'not_a_balance it has no total: is it fetchBalance?'
        end as refusal,
        'BALANCE' as kind,
        currency,
        b ->> ('$.total."' || currency || '"') as amount,
        coalesce(b ->> '$.timestamp', b ->> '$.datetime') as stated_at
    from totals
)

select * from final
