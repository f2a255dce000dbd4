-- One row per order that facts newer than the standing tables bear on.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='overwrite',
) }}
{% set fresh = 'batch_id > ' ~ built_through() if is_incremental() else '1 = 0' -%}
with final as (
    select order_id from {{ ref('int_changed_fills') }}
    union
    select order_id from {{ ref('stg_orders') }}
    where {{ fresh }}
    union
    select order_id from {{ ref('stg_order_events') }}
    where order_id is not null and {{ fresh }}
)

select * from final
