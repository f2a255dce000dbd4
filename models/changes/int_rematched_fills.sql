-- One row per fill of a changed book whose units the change may match, or that trades after it.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='overwrite',
) }}
{% if is_incremental() -%}
with sides as (
    select
        changed.book_key,
        changed.changed_from,
        changed.is_appended,
        max(case
            when fills.is_buy and fills.executed_at < changed.changed_from
                then fills.cumulative_quantity
            else 0
        end) as bought_before,
        max(case
            when not fills.is_buy and fills.executed_at < changed.changed_from
                then fills.cumulative_quantity
            else 0
        end) as sold_before,
        max(case when fills.is_buy then fills.cumulative_quantity else 0 end) as bought,
        max(case when fills.is_buy then 0 else fills.cumulative_quantity end) as sold
    from {{ ref('int_changed_books') }} as changed
    left join {{ ref('int_book_fills') }} as fills on changed.book_key = fills.book_key
    group by changed.book_key, changed.changed_from, changed.is_appended
),

-- units that both sides had traded before the change stay matched as they are
limits as (
    select
        book_key,
        changed_from,
        is_appended,
        least(bought_before, sold_before) as kept_quantity,
        least(bought, sold) as matched_quantity
    from sides
),

final as (
    select
        fills.*,
        cast(limits.kept_quantity as decimal(38, 12)) as kept_quantity,
        cast(limits.matched_quantity as decimal(38, 12)) as matched_quantity
    from {{ ref('int_book_fills') }} as fills
    inner join limits
        on fills.book_key = limits.book_key
        and fills.cumulative_quantity > limits.kept_quantity
    -- where a book only goes on, a lot beyond what both sides have traded now was open and is
    where not limits.is_appended
        or fills.executed_at >= limits.changed_from
        or fills.cumulative_quantity - fills.quantity < limits.matched_quantity
)
{%- else -%}
with final as (
    select
        fills.*,
        cast(0 as decimal(38, 12)) as kept_quantity,
        cast(0 as decimal(38, 12)) as matched_quantity
    from {{ ref('int_book_fills') }} as fills
    where 1 = 0
)
{%- endif %}

select * from final
