-- One row per instrument, numbered as the ledger met it.
-- An instrument keeps its number, however the table is made: no row of it ever goes stale.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale='1 = 0',
) }}
with final as (
    select
        instrument_id,
        allows_negative_price,
        cast(row_number() over (
            order by batch_id, instrument_id
        )
        {%- if is_incremental() %}
        + (select coalesce(max(instrument_key), 0) from {{ this }})
        {%- endif %}
            as integer) as instrument_key
    from {{ ref('stg_instruments') }}
    {%- if is_incremental() %}
    where instrument_id not in (select instrument_id from {{ this }})
    {%- endif %}
)

select * from final
