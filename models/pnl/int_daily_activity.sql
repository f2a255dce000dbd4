-- One row per book and UTC day with a fill or an opening lot: what was traded and realised.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale=of_changed_books('int_daily_activity', 'int_daily_activity.book_key = changed.book_key '
        ~ 'and cast(changed.changed_from as date) <= int_daily_activity.pnl_date'),
) }}
{% set changed_books = ref('int_changed_books') -%}
{%- set first_day -%}
(select cast(cast(min(changed_from) as date) as timestamp) from {{ changed_books }})
{%- endset -%}
with changes as (
    select
        fills.book_key,
        cast(fills.executed_at as date) as pnl_date,
        fills.order_id,
        fills.price,
        fills.fee,
        case when fills.is_buy then fills.quantity else -fills.quantity end as change
    from {{ ref('int_book_fills') }} as fills
    {%- if is_incremental() %}
    inner join {{ changed_books }} as changed
        on fills.book_key = changed.book_key
        and cast(fills.executed_at as date) >= cast(changed.changed_from as date)
    -- what came before all changes is left out before it is joined
    where fills.executed_at >= {{ first_day }}
    {%- endif %}
),

sized as (
    select
        changes.*,
        books.is_inverse,
        case
            when books.is_inverse then {{ contract_size('changes.change', 'books.multiplier') }}
        end as inverse_size
    from changes
    inner join {{ ref('int_books') }} as books on changes.book_key = books.book_key
),

valued as (
    select
        *,
        case when is_inverse then 0 else {{ short_product('change', 'price') }} end as short_value,
        case when is_inverse then {{ divide('inverse_size', 'price') }} else 0 end as base_value
    from sized
),

traded as (
    select
        book_key,
        pnl_date,
        count(*) as booked_count,
        count(order_id) as fill_count,
        max(abs(price)) as largest_price,
        sum(change) as change,
        sum({{ rounded_product('change', 'price', 'short_value') }}) as quote_value,
        sum({{ product_rest('change', 'price', 'short_value') }}) as quote_rest,
        {{ sum_known('base_value') }} as base_value,
        {{ sum_known('fee') }} as fees
    from valued
    group by book_key, pnl_date
),

rounded as (
    select
        *,
        {{ rounded_sum('quote_value', 'quote_rest') }} as notional
    from traded
),

closed as (
    select
        matches.account_id,
        matches.instrument_id,
        cast(matches.closed_at as date) as pnl_date,
        sum(matches.quantity) as quantity,
        sum(matches.gross_pnl) as gross_pnl
    from {{ ref('lot_matches') }} as matches
    {%- if is_incremental() %}
    inner join {{ changed_books }} as changed
        on matches.account_id = changed.account_id
        and matches.instrument_id = changed.instrument_id
        and cast(matches.closed_at as date) >= cast(changed.changed_from as date)
    where matches.closed_at >= {{ first_day }}
    {%- endif %}
    group by matches.account_id, matches.instrument_id, cast(matches.closed_at as date)
),

final as (
    select
        traded.book_key,
        traded.pnl_date,
        traded.booked_count,
        traded.fill_count,
        traded.largest_price,
        traded.change,
        case
            when books.is_inverse then traded.base_value
            else {{ contract_size('traded.notional', 'books.multiplier') }}
        end as notional_change,
        traded.fees,
        coalesce(closed.quantity, 0) as closed_quantity,
        coalesce(closed.gross_pnl, 0) as gross_pnl
    from rounded as traded
    inner join {{ ref('int_books') }} as books on traded.book_key = books.book_key
    left join closed
        on books.account_id = closed.account_id
        and books.instrument_id = closed.instrument_id
        and traded.pnl_date = closed.pnl_date
)

select * from final
