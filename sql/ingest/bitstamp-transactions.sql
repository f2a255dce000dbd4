-- Bitstamp transactions, as the site exports them: with ids and a column for each currency, or
-- older, with neither.
--
-- A Market row is a fill of AMOUNT/VALUE's currencies. The older export names neither fill nor
-- order, and times to the minute: what is the same in every cell within one file is told apart by
-- its place among its likes, so that an export of whole minutes loads over another, and each fill
-- has an order of its own. A fee on a withdrawal or deposit is a movement of its own, charged
-- beside the amount. Where a row has no rate, its value is divided by its amount, in whole numbers.
-- Times are UTC. An account other than the Main Account is the account of its rows.
--
-- shape: fill, cash
-- reads: csv
-- columns: type, datetime, account, amount, value, rate, fee
-- optional: sub type, id, subtype, amount currency, value currency, rate currency
-- optional: fee currency, order id
-- venue: bitstamp

with cells as (
    select
        row_id,
        lower(trim(type)) as type,
        datetime,
        nullif(account, 'Main Account') as account,
        coalesce("sub type", subtype) as side,
        split_part(amount, ' ', 1) as amount,
        coalesce("amount currency", split_part(amount, ' ', 2)) as amount_currency,
        split_part(value, ' ', 1) as value,
        coalesce(
            nullif("value currency", ''), nullif(split_part(value, ' ', 2), ''),
            "rate currency", split_part(rate, ' ', 2)
        ) as value_currency,
        nullif(split_part(rate, ' ', 1), '') as rate,
        coalesce(nullif(split_part(fee, ' ', 1), ''), '0') as fee,
        coalesce("fee currency", split_part(fee, ' ', 2)) as fee_currency,
        nullif("order id", '') as order_id,
        coalesce(nullif(id, ''), 'row-' || md5(cells) || '-' || row_number() over (
            partition by row_id >> 40, cells order by row_id
        )) as id
    from (
        select
            *,
            to_json([type, datetime, account, amount, value, rate, fee, "sub type"]) as cells
        from ingest_raw
    ) as numbered
),

-- Jan. 28, 2022, 12:13 AM, or ISO 8601
times as (
    select
        * replace (coalesce(
            strftime(
                try_strptime(
                    regexp_replace(datetime, '^([A-Z][a-z]{2})[a-z]*[.]? ', '\1 '),
                    '%b %d, %Y, %I:%M %p'
                ),
                '%Y-%m-%dT%H:%M:%SZ'
            ),
            datetime
        ) as datetime)
    from cells
),

fills as (
    select
        row_id,
        0 as item,
        'fill' as shape,
        case
            when type <> 'market'
                then 'unknown_type ''' || type || ''' is no trade, deposit, withdrawal or reward'
        end as refusal,
        account,
        amount_currency || '/' || value_currency as symbol,
        coalesce(order_id, 'of-fill-' || id) as order_id,
        id as fill_id,
        side,
        amount as quantity,
        coalesce(rate, ingest_quotient(value, amount)) as price,
        fee as fee_amount,
        fee_currency,
        datetime as executed_at,
        amount_currency as base_currency,
        value_currency as quote_currency,
        'SPOT' as instrument_type
    from times
    where type not in (
        'deposit', 'ripple deposit', 'card deposit', 'withdrawal', 'ripple payment',
        'staking reward'
    )
),

movements as (
    select
        row_id,
        0 as item,
        'cash' as shape,
        account,
        id as movement_id,
        case
            when type in ('deposit', 'ripple deposit', 'card deposit') then 'DEPOSIT'
            when type = 'staking reward' then 'INTEREST'
            else 'WITHDRAWAL'
        end as kind,
        -- a withdrawal is written with or without its sign
        case
            when type in ('withdrawal', 'ripple payment') and not starts_with(amount, '-')
                then ingest_negated(amount)
            else amount
        end as amount,
        amount_currency as currency,
        type as reason,
        datetime as occurred_at
    from times
    where type in (
        'deposit', 'ripple deposit', 'card deposit', 'withdrawal', 'ripple payment',
        'staking reward'
    )
),

fees as (
    select
        movements.row_id,
        0 as item,
        'cash' as shape,
        movements.account,
        movements.movement_id || ' fee' as movement_id,
        'FEE' as kind,
        ingest_negated(times.fee) as amount,
        times.fee_currency as currency,
        movements.reason,
        movements.occurred_at
    from movements
    inner join times on movements.row_id = times.row_id
    where
        ingest_decimal(times.fee) is distinct from 0
        and ingest_decimal(movements.amount) is not null
),

final as (
    select * from fills
    union all by name
    select * from movements
    union all by name
    select * from fees
)

select * from final
