-- One row per order whose fills take their place in a book anew.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='overwrite',
) }}
with final as (
    select order_id from {{ ref('int_changed_fills') }}
    union
    select fills.order_id
    from {{ ref('int_changed_books') }} as changed
    inner join {{ ref('int_book_fills') }} as fills
        on changed.book_key = fills.book_key
        and changed.changed_from <= fills.executed_at
    where fills.order_id is not null
)

select * from final
