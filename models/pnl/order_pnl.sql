-- One row per order with an effective fill: what it realised by closing lots.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale='order_id in (select order_id from ' ~ ref('int_rebooked_orders') ~ ')',
) }}
{% set rebooked = ref('int_rebooked_orders') -%}
with filled_orders as (
    {%- if is_incremental() %}
    select
        order_id,
        book_key
    from {{ rebooked }}
    where book_key is not null
    {%- else %}
    select
        order_id,
        min(book_key) as book_key
    from {{ ref('int_book_fills') }}
    where order_id is not null
    group by order_id
    {%- endif %}
),

closed as (
    select
        closing_order_id as order_id,
        sum(quantity) as closed_quantity,
        sum(gross_pnl) as realized_gross_pnl,
        {{ sum_known('net_pnl') }} as realized_net_pnl
    from {{ ref('lot_matches') }}
    where closing_order_id is not null
        {%- if is_incremental() %}
        and {{ is_of_order_in(rebooked, 'closing_order_id', 'closed_at') }}
        {%- endif %}
    group by closing_order_id
),

final as (
    select
        filled_orders.order_id,
        books.account_id,
        books.instrument_id,
        coalesce(closed.closed_quantity, 0) as closed_quantity,
        coalesce(closed.realized_gross_pnl, 0) as realized_gross_pnl,
        case
            when closed.order_id is null then 0
            else closed.realized_gross_pnl - closed.realized_net_pnl
        end as fees,
        case when closed.order_id is null then 0 else closed.realized_net_pnl end
            as realized_net_pnl,
        books.settlement_currency as currency,
        books.pnl_method
    from filled_orders
    inner join {{ ref('int_books') }} as books on filled_orders.book_key = books.book_key
    left join closed on filled_orders.order_id = closed.order_id
)

select * from final
