-- One row per effective fill, with its fee in settlement currency and what it did to its book.
{#- on SQLite a view of money needs functions that a stock shell lacks -#}
{{ config(
    materialized='table' if target.type == 'sqlite' else 'view',
    changed=is_changed_fill(),
) }}
with priced as (
    select
        books.book_key,
        books.instrument_type,
        books.base_currency,
        books.quote_currency,
        books.settlement_currency,
        books.is_inverse,
        books.multiplier,
        fills.venue,
        fills.fill_id,
        fills.order_id,
        fills.side = 'BUY' as is_buy,
        fills.liquidity,
        fills.quantity,
        fills.price,
        fills.fee_amount,
        fills.fee_currency,
        fills.executed_at,
        fills.recorded_at,
        books.instrument_type = 'SPOT'
        and fills.fee_currency = books.base_currency as is_fee_in_kind
    from {{ ref('int_fills_effective') }} as fills
    inner join {{ ref('int_books') }} as books
        on fills.account_id = books.account_id
        and fills.instrument_id = books.instrument_id
),

final as (
    select
        priced.book_key,
        priced.fill_id,
        priced.order_id,
        priced.is_buy,
        priced.liquidity,
        priced.quantity,
        priced.price,
        priced.fee_amount,
        priced.fee_currency,
        priced.settlement_currency,
        priced.is_inverse,
        priced.multiplier,
        priced.venue,
        -- a spot fee taken in the asset itself leaves the book smaller by that much
        case
            when not priced.is_fee_in_kind then priced.quantity
            when priced.is_buy then priced.quantity - priced.fee_amount
            else priced.quantity + priced.fee_amount
        end as book_quantity,
        case
            when priced.fee_amount = 0 or priced.fee_currency = priced.settlement_currency
                then priced.fee_amount
            when priced.fee_currency = priced.base_currency
                and priced.settlement_currency = priced.quote_currency
                then {{ multiply('priced.fee_amount', 'priced.price') }}
            when priced.fee_currency = priced.quote_currency
                and priced.settlement_currency = priced.base_currency
                then {{ divide('priced.fee_amount', 'priced.price') }}
            else conversions.converted_amount
        end as fee_settlement,
        priced.executed_at,
        priced.recorded_at
    from priced
    left join {{ ref('int_conversions') }} as conversions
        on priced.fill_id = conversions.source_id
        and conversions.kind = 'FEE'
)

select * from final
