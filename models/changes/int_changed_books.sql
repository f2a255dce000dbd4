-- One row per book that facts newer than the standing tables bear on, with the earliest moment.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='overwrite',
) }}
{% set fresh = 'batch_id > ' ~ built_through() if is_incremental() else '1 = 0' -%}
{% set known = 'batch_id <= ' ~ built_through() if is_incremental() else '1 = 0' -%}
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
    where {{ fresh }}
),

earliest as (
    select
        account_id,
        instrument_id,
        min(changed_at) as changed_from
    from changes
    group by account_id, instrument_id
),

-- what the tables knew before of the time from then on; that it may be void makes no difference
standing as (
    select
        account_id,
        instrument_id,
        executed_at as held_at
    from {{ ref('stg_order_fills') }}
    where {{ known }}
        and executed_at >= (select min(changed_from) from earliest)
    union all
    select
        account_id,
        instrument_id,
        acquired_at
    from {{ ref('stg_opening_lots') }}
    where {{ known }}
),

rewritten as (
    select distinct
        earliest.account_id,
        earliest.instrument_id
    from earliest
    inner join standing
        on earliest.account_id = standing.account_id
        and earliest.instrument_id = standing.instrument_id
        and earliest.changed_from <= standing.held_at
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
        end as changed_from,
        rewritten.account_id is null as is_appended
    from earliest
    inner join {{ ref('int_books') }} as books
        on earliest.account_id = books.account_id
        and earliest.instrument_id = books.instrument_id
    left join rewritten
        on earliest.account_id = rewritten.account_id
        and earliest.instrument_id = rewritten.instrument_id
)

select * from final
