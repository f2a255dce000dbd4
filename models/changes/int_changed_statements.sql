-- One row per statement that is newer than the standing tables, or tells of more fills than then.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='overwrite',
) }}
{% set fresh = 'batch_id > ' ~ built_through() if is_incremental() else '1 = 0' -%}
with final as (
    select statement_id from {{ ref('stg_statements') }}
    where {{ fresh }}
    union
    select statement_id from {{ ref('stg_statement_fills') }}
    where {{ fresh }}
)

select * from final
