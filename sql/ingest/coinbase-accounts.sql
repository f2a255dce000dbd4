-- Coinbase Advanced balances, as GET /api/v3/brokerage/accounts and /accounts/:account_id answer
-- them. Loaded `--as statement`.
--
-- A balance is what is held of a currency, available and on hold, in all accounts of an answer
-- together; of accounts without the answer around them, those of one file. The answer does not tell
-- the moment it is of, as updated_at is the account's: say it with --to, the moment after.
--
-- shape: balance
-- reads: json
-- recognised by: accounts.available_balance, account.available_balance+account.currency
-- recognised by: available_balance+hold+currency
-- venue: coinbase

with answers as (
    select
        row_id,
        coalesce(record -> '$.account', record) as record,
        json_type(record -> '$.accounts') = 'ARRAY' as is_list
    from ingest_raw
),

accounts as (
    select
        row_id,
        is_list,
        unnest(case when is_list then cast(record -> '$.accounts' as json[]) else [record] end)
            as a
    from answers
),

held as (
    select
        row_id,
        case when is_list then row_id else row_id >> 40 end as answer,
        is_list,
        a ->> '$.currency' as currency,
        a ->> '$.available_balance.value' as available,
        coalesce(nullif(a ->> '$.hold.value', ''), '0') as on_hold,
        case
            when a ->> '$.available_balance.value' is null
                then 'not_a_balance it has no available_balance: is it an answer of '
                || '/api/v3/brokerage/accounts?'
        end as refusal
    from accounts
),

sums as (
    select
        *,
        ingest_decimal(available) + ingest_decimal(on_hold) as amount,
        case
            when ingest_decimal(available) is null then available
            when ingest_decimal(on_hold) is null then on_hold
        end as unread
    from held
),

added as (
    select
        *,
        count(*) over same_currency as parts,
        count(amount) over same_currency as readable,
        max(unread) over same_currency as unreadable,
        sum(amount) over same_currency as total
    from sums
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
            when parts = 1 and ingest_decimal(on_hold) = 0 then available
            else cast(total as varchar)
        end as amount,
        cast(null as varchar) as stated_at
    from added
)

select * from final
