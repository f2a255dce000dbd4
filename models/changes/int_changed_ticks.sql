-- One row per instrument with ticks newer than the standing tables, with their earliest moment.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='overwrite',
) }}
with final as (
    select
        instrument_id,
        min(event_at) as changed_from
    from {{ ref('stg_market_ticks') }}
    {%- if is_incremental() %}
    where batch_id > {{ built_through() }}
    {%- else %}
    where 1 = 0
    {%- endif %}
    group by instrument_id
)

select * from final
