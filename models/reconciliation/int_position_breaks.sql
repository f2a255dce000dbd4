-- One row per position that the venue states otherwise than the ledger has it at that moment.
with stated as (
    select * from {{ ref('int_balances_stated') }}
    where kind = 'POSITION'
),

stated_books as (
    select
        books.book_key,
        stated.*
    from stated
    inner join {{ ref('int_books') }} as books
        on stated.account_id = books.account_id
        and stated.instrument_id = books.instrument_id
),

changes as (
    select
        stated_books.venue,
        stated_books.account_id,
        stated_books.instrument_id,
        case when fills.is_buy then fills.book_quantity else -fills.book_quantity end as quantity
    from stated_books
    inner join {{ ref('int_fills_costed') }} as fills
        on stated_books.book_key = fills.book_key
        and stated_books.venue = fills.venue
        and fills.executed_at <= stated_books.stated_at
    union all
    select
        stated_books.venue,
        stated_books.account_id,
        stated_books.instrument_id,
        case when lots.side = 'BUY' then lots.quantity else -lots.quantity end
    from stated_books
    inner join {{ ref('stg_opening_lots') }} as lots
        on stated_books.account_id = lots.account_id
        and stated_books.instrument_id = lots.instrument_id
        and stated_books.venue = lots.venue
        and lots.acquired_at <= stated_books.stated_at
),

held as (
    select
        venue,
        account_id,
        instrument_id,
        sum(quantity) as quantity
    from changes
    group by venue, account_id, instrument_id
),

compared as (
    select
        stated.*,
        coalesce(held.quantity, 0) as our_quantity
    from stated
    left join held
        on stated.venue = held.venue
        and stated.account_id = held.account_id
        and stated.instrument_id = held.instrument_id
),

final as (
    select
        'POSITION' as break_type,
        venue,
        account_id,
        instrument_id,
        'position:' || instrument_id as subject,
        cast(our_quantity as text) as ledger_value,
        cast(amount as text) as exchange_value,
        our_quantity - amount as difference,
        recorded_at as their_recorded_at
    from compared
    where our_quantity <> amount
)

select * from final
