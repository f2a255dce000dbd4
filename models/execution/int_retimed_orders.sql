-- One row per order that facts newer than the standing tables bear on, its request included.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='overwrite',
) }}
with final as (
    select order_id from {{ ref('int_changed_orders') }}
    union
    select orders.order_id
    from {{ ref('stg_orders') }} as orders
    inner join {{ ref('stg_order_requests') }} as requests
        on orders.order_request_id = requests.order_request_id
    {%- if is_incremental() %}
    where requests.batch_id > {{ built_through() }}
    {%- else %}
    where 1 = 0
    {%- endif %}
)

select * from final
