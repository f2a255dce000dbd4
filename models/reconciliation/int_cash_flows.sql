-- One row per flow of a currency into or out of an account the venue states a balance of.
with stated_accounts as (
    select distinct account_id from {{ ref('int_balances_stated') }}
    where kind = 'BALANCE'
),

fills as (
    select
        books.account_id,
        books.instrument_type,
        books.base_currency,
        books.quote_currency,
        fills.is_buy,
        fills.quantity,
        {{ multiply('fills.quantity', 'fills.price') }} as notional,
        fills.fee_amount,
        fills.fee_currency,
        fills.executed_at,
        fills.recorded_at
    from {{ ref('int_fills_costed') }} as fills
    inner join {{ ref('int_books') }} as books on fills.book_key = books.book_key
    inner join stated_accounts on books.account_id = stated_accounts.account_id
),

-- an amendment changed whatever came after the fill, and a derivative's fill what it closed
touched as (
    select
        fills.account_id,
        case numbers.n
            when 1 then fills.fee_currency
            when 2 then instruments.base_currency
            when 3 then instruments.quote_currency
            else instruments.settlement_currency
        end as currency,
        case
            when fills.corrects_fill_id is null then fills.executed_at
            else timestamp '0001-01-01 00:00:00'
        end as occurred_at,
        fills.recorded_at
    from {{ ref('stg_order_fills') }} as fills
    inner join stated_accounts on fills.account_id = stated_accounts.account_id
    inner join {{ ref('stg_instruments') }} as instruments
        on fills.instrument_id = instruments.instrument_id
    cross join (values (1), (2), (3), (4)) as numbers (n)
    where fills.corrects_fill_id is not null or instruments.instrument_type <> 'SPOT'
),

final as (
    select
        account_id,
        currency,
        amount,
        occurred_at,
        recorded_at
    from {{ ref('stg_cash_movements') }}
    union all
    select
        account_id,
        base_currency,
        case when is_buy then quantity else -quantity end,
        executed_at,
        recorded_at
    from fills
    where instrument_type = 'SPOT'
    union all
    select
        account_id,
        quote_currency,
        case when is_buy then -notional else notional end,
        executed_at,
        recorded_at
    from fills
    where instrument_type = 'SPOT'
    union all
    select
        account_id,
        fee_currency,
        -fee_amount,
        executed_at,
        recorded_at
    from fills
    where fee_amount <> 0
    union all
    -- a spot lot brought in is an asset received
    select
        lots.account_id,
        instruments.base_currency,
        case when lots.side = 'BUY' then lots.quantity else -lots.quantity end,
        lots.acquired_at,
        lots.recorded_at
    from {{ ref('stg_opening_lots') }} as lots
    inner join stated_accounts on lots.account_id = stated_accounts.account_id
    inner join {{ ref('stg_instruments') }} as instruments
        on lots.instrument_id = instruments.instrument_id
    where instruments.instrument_type = 'SPOT'
    union all
    -- a derivative moves no cash when it trades, only what it gained when it is closed
    select
        matches.account_id,
        matches.currency,
        matches.gross_pnl,
        matches.closed_at,
        null
    from {{ ref('lot_matches') }} as matches
    inner join stated_accounts on matches.account_id = stated_accounts.account_id
    inner join {{ ref('stg_instruments') }} as instruments
        on matches.instrument_id = instruments.instrument_id
    where instruments.instrument_type <> 'SPOT'
    union all
    select
        account_id,
        currency,
        0,
        occurred_at,
        recorded_at
    from touched
)

select * from final
