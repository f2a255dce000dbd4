-- One row per book: an account and an instrument that ever had a fill, a lot or a funding payment.
with traded as (
    select
        book_key,
        sum(gross_pnl) as gross_pnl,
        {{ sum_known('fees') }} as fees_paid
    from {{ ref('int_daily_activity') }}
    group by book_key
),

funding as (
    select
        account_id,
        instrument_id,
        count(*) as day_count,
        {{ sum_known('funding') }} as funding
    from {{ ref('int_funding') }}
    group by account_id, instrument_id
),

lots as (
    select
        *,
        {{ short_product('quantity', 'open_price') }} as short_value,
        case when is_inverse then {{ base_value('size', 'open_price') }} end as base_value
    from {{ ref('int_open_lots_marked') }}
),

lot_totals as (
    select
        account_id,
        instrument_id,
        sum(case when direction = 'LONG' then quantity else -quantity end) as quantity,
        sum(quantity) as open_quantity,
        sum({{ rounded_product('quantity', 'open_price', 'short_value') }}) as value,
        sum({{ product_rest('quantity', 'open_price', 'short_value') }}) as value_rest,
        bool_and(is_inverse) as is_inverse,
        sum(size) as size,
        sum(base_value) as base_value,
        min(open_price) as lowest_price,
        max(open_price) as highest_price,
        {{ sum_known('unrealized_pnl') }} as unrealized_pnl
    from lots
    group by account_id, instrument_id
),

held as (
    select
        account_id,
        instrument_id,
        quantity,
        case
            when is_inverse then {{ harmonic_price(
                'size', 'base_value', 'lowest_price', 'highest_price'
            ) }}
            else {{ mean_price('value', 'value_rest', 'open_quantity') }}
        end as average_open_price,
        unrealized_pnl
    from lot_totals
),

valued as (
    select
        books.*,
        coalesce(held.quantity, 0) as quantity,
        held.average_open_price,
        coalesce(traded.gross_pnl, 0) as realized_gross_pnl,
        case when traded.book_key is null then 0 else traded.fees_paid end as fees_paid,
        case when funding.day_count is null then 0 else funding.funding end as funding,
        case when held.quantity is null then 0 else held.unrealized_pnl end
            as unrealized_pnl
    from {{ ref('int_books') }} as books
    left join traded on books.book_key = traded.book_key
    left join funding
        on books.account_id = funding.account_id
        and books.instrument_id = funding.instrument_id
    left join held
        on books.account_id = held.account_id
        and books.instrument_id = held.instrument_id
),

final as (
    select
        valued.account_id,
        valued.instrument_id,
        valued.symbol,
        valued.pnl_method,
        valued.quantity,
        valued.average_open_price,
        valued.realized_gross_pnl,
        valued.fees_paid,
        valued.funding,
        valued.realized_gross_pnl - valued.fees_paid + valued.funding as net_pnl,
        marks.mark_price,
        marks.marked_at,
        valued.unrealized_pnl,
        valued.realized_gross_pnl - valued.fees_paid + valued.funding
        + valued.unrealized_pnl as total_pnl,
        valued.settlement_currency as currency,
        valued.fees_paid is not null and valued.funding is not null as is_converted
    from valued
    left join {{ ref('int_marks') }} as marks
        on valued.instrument_id = marks.instrument_id
)

select * from final
