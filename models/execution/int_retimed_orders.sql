-- One row per order that facts newer than the standing tables bear on, its request included.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='overwrite',
) }}
with orders as (
    select
        order_id,
        first_batch_id,
        first_executed_at
    from {{ ref('int_changed_orders') }}
    union all
    select
        orders.order_id,
        orders.batch_id,
        -- not looked up for requests that come late: it only tells what may go by unread
        timestamp '0001-01-01 00:00:00'
    from {{ ref('stg_orders') }} as orders
    inner join {{ ref('stg_order_requests') }} as requests
        on orders.order_request_id = requests.order_request_id
    {%- if is_incremental() %}
    where requests.batch_id > {{ built_through() }}
    {%- else %}
    where 1 = 0
    {%- endif %}
),

final as (
    select
        order_id,
        min(first_batch_id) as first_batch_id,
        min(first_executed_at) as first_executed_at
    from orders
    group by order_id
)

select * from final
