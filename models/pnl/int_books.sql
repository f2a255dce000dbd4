-- One row per book: an account and an instrument that ever had a fill, a funding payment or a lot.
with traded as (
    select distinct account_id, instrument_id
    from {{ ref('stg_order_fills') }}
),

funded as (
    select distinct account_id, instrument_id
    from {{ ref('stg_cash_movements') }}
    where kind = 'FUNDING'
),

brought_in as (
    select distinct account_id, instrument_id
    from {{ ref('stg_opening_lots') }}
),

books as (
    select account_id, instrument_id from traded
    union
    select account_id, instrument_id from funded
    union
    select account_id, instrument_id from brought_in
),

final as (
    select
        cast(row_number() over (
            order by books.account_id, books.instrument_id
        ) as integer) as book_key,
        books.account_id,
        books.instrument_id,
        instruments.symbol,
        instruments.instrument_type,
        instruments.base_currency,
        instruments.quote_currency,
        instruments.settlement_currency,
        instruments.is_inverse,
        instruments.multiplier,
        coalesce(methods.pnl_method, {{ pnl_method() }}) as pnl_method
    from books
    left join {{ ref('stg_instruments') }} as instruments
        on books.instrument_id = instruments.instrument_id
    left join {{ ref('pnl_methods') }} as methods
        on books.account_id = methods.account_id
)

select * from final
