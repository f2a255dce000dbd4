-- One row per position that the venue states otherwise than the ledger has it at that moment.
with stated as (
    select * from {{ ref('int_balances_stated') }}
    where kind = 'POSITION'
),

subjects as (
    select distinct
        venue,
        account_id,
        instrument_id
    from stated
),

steps as (
    select
        subjects.venue,
        subjects.account_id,
        subjects.instrument_id,
        fills.executed_at as happened_at,
        0 as is_stated,
        case when fills.is_buy then fills.book_quantity else -fills.book_quantity end as quantity,
        cast(null as decimal(38, 12)) as stated_amount,
        cast(null as decimal(38, 12)) as average_price,
        cast(null as uuid) as statement_id,
        cast(null as timestamp) as recorded_at
    from subjects
    inner join {{ ref('int_books') }} as books
        on subjects.account_id = books.account_id
        and subjects.instrument_id = books.instrument_id
    inner join {{ ref('int_fills_costed') }} as fills
        on books.book_key = fills.book_key
        and subjects.venue = fills.venue
    union all
    select
        subjects.venue,
        subjects.account_id,
        subjects.instrument_id,
        lots.acquired_at,
        0,
        case when lots.side = 'BUY' then lots.quantity else -lots.quantity end,
        null,
        null,
        null,
        null
    from subjects
    inner join {{ ref('stg_opening_lots') }} as lots
        on subjects.account_id = lots.account_id
        and subjects.instrument_id = lots.instrument_id
        and subjects.venue = lots.venue
    union all
    select
        venue,
        account_id,
        instrument_id,
        stated_at,
        1,
        cast(0 as decimal(38, 12)),
        amount,
        average_price,
        statement_id,
        recorded_at
    from stated
),

added as (
    select
        *,
        sum(quantity) over (
            partition by venue, account_id, instrument_id
            order by happened_at, is_stated
            rows between unbounded preceding and current row
        ) as our_amount
    from steps
),

compared as (
    select
        venue,
        account_id,
        instrument_id,
        happened_at as stated_at,
        our_amount,
        stated_amount as amount,
        average_price,
        statement_id,
        recorded_at
    from added
    where is_stated = 1
),

-- of what was stated last, since when the difference is what it is
latest as (
    select
        *,
        row_number() over (
            partition by venue, account_id, instrument_id
            order by stated_at desc
        ) as recency,
        first_value(our_amount - amount) over (
            partition by venue, account_id, instrument_id
            order by stated_at desc
            rows between unbounded preceding and current row
        ) as latest_difference
    from compared
),

unlike as (
    select
        venue,
        account_id,
        instrument_id,
        max(stated_at) as stated_at
    from latest
    where our_amount - amount <> latest_difference
    group by venue, account_id, instrument_id
),

since as (
    select
        latest.venue,
        latest.account_id,
        latest.instrument_id,
        min(latest.recorded_at) as recorded_at
    from latest
    left join unlike
        on latest.venue = unlike.venue
        and latest.account_id = unlike.account_id
        and latest.instrument_id = unlike.instrument_id
    where unlike.stated_at is null or latest.stated_at > unlike.stated_at
    group by latest.venue, latest.account_id, latest.instrument_id
),

final as (
    select
        'POSITION' as break_type,
        latest.venue,
        latest.account_id,
        latest.instrument_id,
        latest.statement_id,
        latest.stated_at,
        latest.our_amount,
        latest.amount as stated_amount,
        latest.average_price,
        'position:' || latest.instrument_id as subject,
        cast(latest.our_amount as text) as ledger_value,
        cast(latest.amount as text) as exchange_value,
        latest.our_amount - latest.amount as difference,
        since.recorded_at as their_recorded_at
    from latest
    inner join since
        on latest.venue = since.venue
        and latest.account_id = since.account_id
        and latest.instrument_id = since.instrument_id
    where latest.recency = 1
        and latest.our_amount <> latest.amount
)

select * from final
