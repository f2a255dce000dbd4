-- One row per position that the venue states otherwise than the ledger has it at that moment.
with stated as (
    select * from {{ ref('int_balances_stated') }}
    where kind = 'POSITION'
),

held as (
    select
        stated.venue,
        stated.account_id,
        stated.instrument_id,
        sum(case when fills.is_buy then fills.book_quantity else -fills.book_quantity end)
            as quantity
    from stated
    inner join {{ ref('int_books') }} as books
        on stated.account_id = books.account_id
        and stated.instrument_id = books.instrument_id
    inner join {{ ref('int_fills_costed') }} as fills
        on books.book_key = fills.book_key
        and stated.venue = fills.venue
        and fills.executed_at <= stated.stated_at
    group by stated.venue, stated.account_id, stated.instrument_id
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
