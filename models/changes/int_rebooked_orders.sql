-- One row per order whose fills take their place in a book anew.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='overwrite',
) }}
with rebooked as (
    select order_id from {{ ref('int_changed_fills') }}
    union
    select fills.order_id
    from {{ ref('int_changed_books') }} as changed
    inner join {{ ref('int_book_fills') }} as fills
        on changed.book_key = fills.book_key
        and changed.changed_from <= fills.executed_at
    where fills.order_id is not null
),

placed as (
    select
        order_id,
        min(book_key) as book_key,
        min(executed_at) as first_executed_at
    from {{ ref('int_book_fills') }}
    where order_id in (select order_id from rebooked)
    group by order_id
),

final as (
    select
        rebooked.order_id,
        placed.book_key,
        placed.first_executed_at
    from rebooked
    left join placed on rebooked.order_id = placed.order_id
)

select * from final
