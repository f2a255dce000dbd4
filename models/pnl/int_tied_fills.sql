-- One row per effective fill or opening lot of a moment at which its book has several: its place.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale=of_changed_books('int_tied_fills', 'int_tied_fills.book_key = changed.book_key '
        ~ 'and changed.changed_from <= int_tied_fills.executed_at'),
) }}
{% set changed = ref('int_changed_books') -%}
-- read twice, by different columns: kept whole, all of them would be read for each
with fills as not materialized (
    select
        account_id,
        instrument_id,
        fill_id,
        executed_at,
        1 as lots_first,
        coalesce(exchange_fill_id, '') as exchange_fill_id,
        coalesce(source_row, 0) as source_row
    from {{ ref('int_fills_effective') }}
    {%- if is_incremental() %}
    where executed_at >= (select min(changed_from) from {{ changed }})
    {%- endif %}
    union all
    select
        account_id,
        instrument_id,
        lot_id,
        acquired_at,
        0,
        '',
        coalesce(source_row, 0)
    from {{ ref('stg_opening_lots') }}
    {%- if is_incremental() %}
    where acquired_at >= (select min(changed_from) from {{ changed }})
    {%- endif %}
),

in_time as (
    select
        executed_at,
        lag(executed_at) over (order by executed_at) as executed_before
    from fills
),

-- few: texts are sorted for these alone
moments as (
    select distinct executed_at
    from in_time
    where executed_at = executed_before
),

-- a venue numbers what it executes, so a longer number is a later one
placed as (
    select
        books.book_key,
        fills.fill_id,
        fills.executed_at,
        row_number() over (
            partition by books.book_key, fills.executed_at
            order by
                fills.lots_first,
                length(fills.exchange_fill_id),
                fills.exchange_fill_id,
                fills.source_row,
                fills.fill_id
        ) as place_in_moment,
        count(*) over (partition by books.book_key, fills.executed_at) as fill_count
    from fills
    inner join {{ ref('int_books') }} as books
        on fills.account_id = books.account_id
        and fills.instrument_id = books.instrument_id
    where fills.executed_at in (select executed_at from moments)
),

final as (
    select
        placed.book_key,
        placed.fill_id,
        placed.executed_at,
        cast(placed.place_in_moment as integer) as place_in_moment
    from placed
    {%- if is_incremental() %}
    inner join {{ changed }} as changed
        on placed.book_key = changed.book_key
        and changed.changed_from <= placed.executed_at
    {%- endif %}
    where placed.fill_count > 1
)

select * from final
