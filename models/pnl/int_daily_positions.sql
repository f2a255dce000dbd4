-- One row per book and UTC day from its first fill, opening lot or funding payment to its last, or
-- to the last tick of its instrument while it is open: what it came to by the day's close.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale='pnl_date >= (select first_day from ' ~ ref('int_changed_days') ~ ')',
) }}
with funding as (
    select
        books.book_key,
        payments.paid_on as pnl_date,
        payments.funding
    from {{ ref('int_funding') }} as payments
    inner join {{ ref('int_books') }} as books
        on payments.account_id = books.account_id
        and payments.instrument_id = books.instrument_id
),

marks as (
    select * from {{ ref('int_daily_marks') }}
),

activity as (
    select
        book_key,
        pnl_date,
        change
    from {{ ref('int_daily_activity') }}
    union all
    select book_key, pnl_date, 0
    from funding
),

spans as (
    select
        activity.book_key,
        books.instrument_id,
        min(activity.pnl_date) as first_date,
        max(activity.pnl_date) as last_date,
        sum(activity.change) as quantity
    from activity
    inner join {{ ref('int_books') }} as books on activity.book_key = books.book_key
    group by activity.book_key, books.instrument_id
),

last_marks as (
    select
        instrument_id,
        max(mark_date) as mark_date
    from marks
    group by instrument_id
),

bounded as (
    select
        spans.book_key,
        spans.instrument_id,
        spans.first_date,
        case
            when spans.quantity <> 0 and last_marks.mark_date > spans.last_date
                then last_marks.mark_date
            else spans.last_date
        end as last_date
    from spans
    left join last_marks on spans.instrument_id = last_marks.instrument_id
),

{% if is_incremental() -%}
last_days as (
    select
        book_key,
        max(pnl_date) as pnl_date
    from {{ this }}
    where pnl_date < (select first_day from {{ ref('int_changed_days') }})
    group by book_key
),

-- the days go on from what they had come to
standing as (
    select days.*
    from {{ this }} as days
    inner join last_days
        on days.book_key = last_days.book_key
        and days.pnl_date = last_days.pnl_date
),

{% endif -%}
calendar as (
    select
        bounded.book_key,
        bounded.instrument_id,
        days.day as pnl_date
    from bounded
    inner join {{ ref('int_ledger_days') }} as days
        on bounded.first_date <= days.day
        and bounded.last_date >= days.day
    {%- if is_incremental() %}
    left join last_days on bounded.book_key = last_days.book_key
    where last_days.book_key is null or last_days.pnl_date < days.day
    {%- endif %}
),

moments as (
    select instrument_id, mark_date as pnl_date, mark_date, 0 as is_book_day
    from marks
    union all
    select distinct instrument_id, pnl_date, cast(null as date), 1
    from calendar
),

-- the newest mark at or before each day's close
marked as (
    select
        instrument_id,
        pnl_date,
        is_book_day,
        max(mark_date) over (
            partition by instrument_id
            order by pnl_date, is_book_day
            rows between unbounded preceding and current row
        ) as mark_date
    from moments
),

days as (
    select
        calendar.book_key,
        calendar.pnl_date,
        coalesce(traded.fill_count, 0) as fill_count,
        coalesce(traded.change, 0) as change,
        coalesce(traded.closed_quantity, 0) as closed_quantity,
        coalesce(traded.gross_pnl, 0) as gross_pnl,
        -- what is unknown stays so
        case when traded.book_key is null then 0 else traded.notional_change end
            as notional_change,
        case when traded.book_key is null then 0 else traded.fees end as fees,
        case when funding.book_key is null then 0 else funding.funding end as funding,
        marks.mark_price,
        marks.marked_at,
        false as is_standing
    from calendar
    left join {{ ref('int_daily_activity') }} as traded
        on calendar.book_key = traded.book_key
        and calendar.pnl_date = traded.pnl_date
    left join funding
        on calendar.book_key = funding.book_key
        and calendar.pnl_date = funding.pnl_date
    inner join marked
        on calendar.instrument_id = marked.instrument_id
        and calendar.pnl_date = marked.pnl_date
        and marked.is_book_day = 1
    left join marks
        on marked.instrument_id = marks.instrument_id
        and marked.mark_date = marks.mark_date
    {%- if is_incremental() %}
    union all
    select
        book_key,
        pnl_date,
        0,
        quantity,
        0,
        gross_to_date,
        notional_to_date,
        fees_to_date,
        funding_to_date,
        null,
        null,
        true
    from standing
    {%- endif %}
),

summed as (
    select
        *,
        sum(change) over so_far as quantity,
        {{ known_so_far('notional_change', 'so_far') }} as notional_to_date,
        sum(gross_pnl) over so_far as gross_to_date,
        {{ known_so_far('fees', 'so_far') }} as fees_to_date,
        {{ known_so_far('funding', 'so_far') }} as funding_to_date
    from days
    window so_far as (
        partition by book_key
        order by pnl_date
        rows between unbounded preceding and current row
    )
),

final as (
    select
        book_key,
        pnl_date,
        cast(fill_count as bigint) as fill_count,
        change,
        closed_quantity,
        gross_pnl,
        notional_change,
        fees,
        funding,
        mark_price,
        marked_at,
        quantity,
        notional_to_date,
        gross_to_date,
        fees_to_date,
        funding_to_date
    from summed
    where not is_standing
)

select * from final
