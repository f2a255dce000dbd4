-- One row: the first UTC day that facts newer than the standing tables bear on.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='overwrite',
) }}
{% set fresh = 'batch_id > ' ~ built_through() if is_incremental() else '1 = 0' -%}
with moments as (
    select min(executed_at) as changed_at from {{ ref('int_changed_fills') }}
    union all
    select min(acquired_at) from {{ ref('stg_opening_lots') }}
    where {{ fresh }}
    union all
    select min(occurred_at) from {{ ref('stg_cash_movements') }}
    where {{ fresh }}
    union all
    select min(changed_from) from {{ ref('int_changed_ticks') }}
    union all
    -- without a fill that no longer counts, the days of its book may have ended long before
    select min(timestamp '0001-01-01 00:00:00') from {{ ref('stg_order_fills') }}
    where {{ fresh }} and corrects_fill_id is not null
),

final as (
    select
        coalesce(cast(min(changed_at) as date), date '9999-12-31') as first_day
    from moments
)

select * from final
