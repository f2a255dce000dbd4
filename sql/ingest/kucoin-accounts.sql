-- KuCoin balances, as GET /api/v1/accounts answers them. Loaded `--as statement`.
--
-- A balance is what is held of a currency, available and on hold, in all accounts of an answer
-- (main, trade, margin) together; of accounts without the answer around them, those of one file.
-- The answer tells no moment: say it with --to, the moment after.
--
-- shape: balance
-- reads: json
-- recognised by: data.currency+data.available+data.holds, available+holds+currency
-- venue: kucoin

with answers as (
    select
        row_id,
        record,
        json_type(record -> '$.data') = 'ARRAY' as is_list
    from ingest_raw
),

accounts as (
    select
        row_id,
        is_list,
        unnest(case when is_list then cast(record -> '$.data' as json[]) else [record] end) as a
    from answers
),

held as (
    select
        row_id,
        case when is_list then row_id else row_id >> 40 end as answer,
        is_list,
        a ->> '$.currency' as currency,
        a ->> '$.balance' as balance,
        case
            when a ->> '$.available' is null
                then 'not_a_balance it has no available balance: is it an answer of '
                || '/api/v1/accounts?'
        end as refusal
    from accounts
),

added as (
    select
        *,
        count(*) over same_currency as parts,
        count(ingest_decimal(balance)) over same_currency as readable,
        max(case when ingest_decimal(balance) is null then balance end) over same_currency
            as unreadable,
        sum(ingest_decimal(balance)) over same_currency as total
    from held
    window same_currency as (partition by answer, is_list, currency, refusal is null)
),

final as (
    -- each part tells the whole, or what of it cannot be read: they are one fact
    select distinct
        row_id,
        refusal,
        'BALANCE' as kind,
        currency,
        case
            when readable < parts then unreadable
            when parts = 1 then balance
            else cast(total as varchar)
        end as amount,
        cast(null as varchar) as stated_at
    from added
)

select * from final
