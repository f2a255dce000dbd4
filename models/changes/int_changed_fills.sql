-- One row per fill that facts newer than the standing tables bear on.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='overwrite',
) }}
{% set through = built_through() if is_incremental() else none -%}
-- read several times, by different columns: kept whole, all of them would be read for each
with fills as not materialized (
    select
        fill_id,
        order_id,
        account_id,
        instrument_id,
        corrects_fill_id,
        fee_amount,
        fee_currency,
        executed_at,
        batch_id
    from {{ ref('stg_order_fills') }}
    {%- if not is_incremental() %}
    where 1 = 0
    {%- endif %}
),

fresh as (
    select * from fills
    {%- if is_incremental() %}
    where batch_id > {{ through }}
    {%- endif %}
),

amended as (
    select distinct corrects_fill_id as fill_id from fresh
    where corrects_fill_id is not null
),

-- a rate that comes late changes the fees of all that traded after it
rated_from as (
    select min(changed_from) as event_at from {{ ref('int_changed_ticks') }}
    -- no row: then no fill has to be looked at
    having min(changed_from) is not null
),

rated_anew as (
    select fills.*
    from rated_from
    inner join fills on rated_from.event_at <= fills.executed_at
    inner join {{ ref('stg_instruments') }} as instruments
        on fills.instrument_id = instruments.instrument_id
    where fills.fee_amount <> 0
        and fills.fee_currency <> instruments.settlement_currency
),

-- whole rows: to look up their other columns by their ids would be to read all fills once more
changed as (
    select * from fresh
    union all
    select fills.*
    from fills
    inner join amended on fills.fill_id = amended.fill_id
    union all
    select fills.*
    from fills
    inner join amended on fills.corrects_fill_id = amended.fill_id
    union all
    select * from rated_anew
),

final as (
    select distinct
        fill_id,
        order_id,
        account_id,
        instrument_id,
        executed_at
    from changed
)

select * from final
