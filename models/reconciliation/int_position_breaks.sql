-- One row per position that the venue states otherwise than the ledger has it at that moment.
{#- SQLite would nest it too deeply in what reads it -#}
{{ config(materialized='table' if target.type == 'sqlite' else 'ephemeral') }}
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

-- what is amended changed whatever came after it; so do terms that are restated: which fees leave
-- a book smaller, where a lot is kept
rewritten as (
    select
        subjects.*,
        fills.recorded_at
    from subjects
    inner join {{ ref('stg_order_fills') }} as fills
        on subjects.account_id = fills.account_id
        and subjects.instrument_id = fills.instrument_id
        and subjects.venue = fills.venue
    where fills.corrects_fill_id is not null
    union all
    select
        subjects.*,
        instruments.restatement_recorded_at
    from subjects
    inner join {{ ref('stg_instruments') }} as instruments
        on subjects.instrument_id = instruments.instrument_id
    where instruments.restatement_recorded_at is not null
    union all
    select
        subjects.*,
        accounts.restatement_recorded_at
    from subjects
    inner join {{ ref('stg_accounts') }} as accounts on subjects.account_id = accounts.account_id
    where accounts.restatement_recorded_at is not null
),

steps as (
    select
        subjects.venue,
        subjects.account_id,
        subjects.instrument_id,
        fills.executed_at as happened_at,
        0 as is_stated,
        case when fills.is_buy then fills.book_quantity else -fills.book_quantity end as amount,
        cast(null as decimal(38, 12)) as stated_amount,
        cast(null as decimal(38, 12)) as average_price,
        cast(null as uuid) as statement_id,
        fills.recorded_at
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
        lots.recorded_at
    from subjects
    inner join {{ ref('stg_opening_lots') }} as lots
        on subjects.account_id = lots.account_id
        and subjects.instrument_id = lots.instrument_id
    left join {{ ref('stg_accounts') }} as accounts on lots.account_id = accounts.account_id
    -- a lot that says no venue is where its account is
    where subjects.venue = coalesce(lots.venue, accounts.venue, subjects.venue)
    union all
    select
        venue,
        account_id,
        instrument_id,
        timestamp '0001-01-01 00:00:00',
        0,
        0,
        null,
        null,
        null,
        recorded_at
    from rewritten
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

{{ stated_differences('instrument_id', ['average_price']) }},

final as (
    select
        'POSITION' as break_type,
        latest.venue,
        latest.account_id,
        latest.instrument_id,
        latest.statement_id,
        latest.stated_at,
        latest.our_amount,
        latest.stated_amount,
        latest.average_price,
        'position:' || latest.instrument_id as subject,
        cast(latest.our_amount as text) as ledger_value,
        cast(latest.stated_amount as text) as exchange_value,
        latest.our_amount - latest.stated_amount as difference,
        since.our_recorded_at,
        since.recorded_at as their_recorded_at
    from latest
    inner join since
        on latest.venue = since.venue
        and latest.account_id = since.account_id
        and latest.instrument_id = since.instrument_id
    where latest.recency = 1
        and latest.our_amount <> latest.stated_amount
)

select * from final
