-- One row per moment of var equity_at and book that had a fill, lot or funding payment by then.
with moments as (
    {% if var('equity_at', none) is not none -%}
    {{ moments_of_var('equity_at', 'equity_at') }}
    {%- else -%}
    select max(known.happened_at) as equity_at
    from (
        select max(executed_at) as happened_at from {{ ref('int_book_fills') }}
        union all
        select max(occurred_at) from {{ ref('int_funding_payments') }}
        union all
        select max(event_at) from {{ ref('stg_market_ticks') }}
    ) as known
    {%- endif %}
),

changes as (
    select
        fills.book_key,
        moments.equity_at,
        cast(fills.executed_at as date) as pnl_date,
        fills.price,
        fills.fee,
        books.is_inverse,
        books.multiplier,
        case when fills.is_buy then fills.quantity else -fills.quantity end as change
    from {{ ref('int_book_fills') }} as fills
    inner join {{ ref('int_books') }} as books on fills.book_key = books.book_key
    inner join moments on fills.executed_at <= moments.equity_at
),

sized as (
    select
        *,
        case when is_inverse then {{ contract_size('change', 'multiplier') }} end as inverse_size
    from changes
),

valued as (
    select
        *,
        case when is_inverse then 0 else {{ short_product('change', 'price') }} end as short_value,
        case when is_inverse then {{ divide('inverse_size', 'price') }} else 0 end as base_value
    from sized
),

-- by day, as daily_pnl rounds: its rows are those of this table at the ends of days
days as (
    select
        book_key,
        equity_at,
        multiplier,
        is_inverse,
        pnl_date,
        sum(change) as quantity,
        sum({{ rounded_product('change', 'price', 'short_value') }}) as quote_value,
        sum({{ product_rest('change', 'price', 'short_value') }}) as quote_rest,
        {{ sum_known('base_value') }} as base_value,
        {{ sum_known('fee') }} as fees
    from valued
    group by book_key, equity_at, multiplier, is_inverse, pnl_date
),

rounded as (
    select
        *,
        {{ rounded_sum('quote_value', 'quote_rest') }} as quote_notional
    from days
),

notionals as (
    select
        book_key,
        equity_at,
        quantity,
        fees,
        case
            when is_inverse then base_value
            else {{ contract_size('quote_notional', 'multiplier') }}
        end as notional
    from rounded
),

traded as (
    select
        book_key,
        equity_at,
        sum(quantity) as quantity,
        {{ sum_known('notional') }} as notional,
        {{ sum_known('fees') }} as fees
    from notionals
    group by book_key, equity_at
),

realized as (
    select
        matches.account_id,
        matches.instrument_id,
        moments.equity_at,
        sum(matches.gross_pnl) as gross_pnl
    from {{ ref('lot_matches') }} as matches
    inner join moments on matches.closed_at <= moments.equity_at
    group by matches.account_id, matches.instrument_id, moments.equity_at
),

paid as (
    select
        payments.account_id,
        payments.instrument_id,
        moments.equity_at,
        {{ sum_known('payments.amount') }} as funding
    from {{ ref('int_funding_payments') }} as payments
    inner join moments on payments.occurred_at <= moments.equity_at
    group by payments.account_id, payments.instrument_id, moments.equity_at
),

latest as (
    select
        ticks.instrument_id,
        moments.equity_at,
        max(ticks.event_at) as marked_at
    from {{ ref('stg_market_ticks') }} as ticks
    inner join moments on ticks.event_at <= moments.equity_at
    group by ticks.instrument_id, moments.equity_at
),

-- of two ticks at one moment the same as int_daily_marks takes
ranked as (
    select
        latest.instrument_id,
        latest.equity_at,
        latest.marked_at,
        ticks.mid_price as mark_price,
        row_number() over (
            partition by latest.instrument_id, latest.equity_at
            order by ticks.tick_id desc
        ) as recency
    from latest
    inner join {{ ref('stg_market_ticks') }} as ticks
        on latest.instrument_id = ticks.instrument_id
        and latest.marked_at = ticks.event_at
),

marks as (
    select * from ranked
    where recency = 1
),

books as (
    select
        books.*,
        moments.equity_at,
        coalesce(traded.quantity, 0) as quantity,
        case when traded.book_key is null then 0 else traded.notional end as notional,
        case when traded.book_key is null then 0 else traded.fees end as fees_paid,
        case when paid.account_id is null then 0 else paid.funding end as funding,
        coalesce(realized.gross_pnl, 0) as realized_gross_pnl,
        marks.mark_price,
        marks.marked_at
    from {{ ref('int_books') }} as books
    cross join moments
    left join traded
        on books.book_key = traded.book_key
        and moments.equity_at = traded.equity_at
    left join paid
        on books.account_id = paid.account_id
        and books.instrument_id = paid.instrument_id
        and moments.equity_at = paid.equity_at
    left join realized
        on books.account_id = realized.account_id
        and books.instrument_id = realized.instrument_id
        and moments.equity_at = realized.equity_at
    left join marks
        on books.instrument_id = marks.instrument_id
        and moments.equity_at = marks.equity_at
    where traded.book_key is not null or paid.account_id is not null
),

held as (
    select
        *,
        {{ contract_size('quantity', 'multiplier') }} as size,
        realized_gross_pnl - fees_paid + funding as net_pnl
    from books
),

-- as in daily_pnl: what is held is worth, less what was paid for all so far, less what was realised
marked as (
    select
        *,
        case
            when quantity = 0 then 0
            when is_inverse
                then notional - {{ divide('size', 'mark_price') }} - realized_gross_pnl
            else {{ multiply('size', 'mark_price') }} - notional - realized_gross_pnl
        end as unrealized_pnl
    from held
),

final as (
    select
        account_id,
        instrument_id,
        symbol,
        equity_at,
        quantity,
        mark_price,
        marked_at,
        realized_gross_pnl,
        fees_paid,
        funding,
        net_pnl,
        unrealized_pnl,
        net_pnl + unrealized_pnl as equity,
        case
            when fees_paid is null then 'FEE_WITHOUT_RATE'
            when funding is null then 'FUNDING_WITHOUT_RATE'
            when unrealized_pnl is null then 'POSITION_WITHOUT_MARK'
        end as equity_reason,
        settlement_currency as currency,
        pnl_method
    from marked
)

select * from final
