-- One row per book that facts newer than the standing tables bear on, with the earliest moment.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='overwrite',
) }}
with changes as (
    select
        account_id,
        instrument_id,
        executed_at as changed_at
    from {{ ref('int_changed_fills') }}
    union all
    select
        account_id,
        instrument_id,
        acquired_at
    from {{ ref('stg_opening_lots') }}
    {%- if is_incremental() %}
    where batch_id > {{ built_through() }}
    {%- else %}
    where 1 = 0
    {%- endif %}
),

earliest as (
    select
        account_id,
        instrument_id,
        min(changed_at) as changed_from
    from changes
    group by account_id, instrument_id
),

final as (
    select
        books.book_key,
        books.account_id,
        books.instrument_id,
        -- methods that go fill by fill begin at the beginning
        case
            when books.pnl_method = 'fifo' then earliest.changed_from
            else timestamp '0001-01-01 00:00:00'
        end as changed_from
    from earliest
    inner join {{ ref('int_books') }} as books
        on earliest.account_id = books.account_id
        and earliest.instrument_id = books.instrument_id
)

select * from final
