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

filled as (
    select
        order_id,
        min(executed_at) as first_executed_at
    from {{ ref('stg_order_fills') }}
    where order_id in (select order_id from changed)
    group by order_id
),

final as (
    select
        changed.order_id,
        filled.first_executed_at
    from changed
    left join filled on changed.order_id = filled.order_id
)

select * from final
