-- One row per order that facts newer than the standing tables bear on.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='overwrite',
) }}
{% set fresh = 'batch_id > ' ~ built_through() if is_incremental() else '1 = 0' -%}
with changed as (
    select order_id from {{ ref('int_changed_fills') }}
    union
    select order_id from {{ ref('stg_orders') }}
    where {{ fresh }}
    union
    select order_id from {{ ref('stg_order_events') }}
    where order_id is not null and {{ fresh }}
),

-- an order that is new need not be looked up among all
fresh as (
    select
        order_id,
        batch_id
    from {{ ref('stg_orders') }}
    where {{ fresh }}
),

known as (
    select order_id from changed
    except
    select order_id from fresh
),

told as (
    select * from fresh
    union all
    select
        orders.order_id,
        orders.batch_id
    from {{ ref('stg_orders') }} as orders
    inner join known on orders.order_id = known.order_id
),

filled as (
    select
        order_id,
        min(executed_at) as first_executed_at
    from {{ ref('stg_order_fills') }}
    where order_id in (select order_id from told)
        and batch_id >= (select min(batch_id) from told)
    group by order_id
),

final as (
    select
        told.order_id,
        told.batch_id as first_batch_id,
        filled.first_executed_at
    from told
    left join filled on told.order_id = filled.order_id
)

select * from final
