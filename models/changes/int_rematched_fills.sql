-- One row per fill of a changed book that had units open before the change, or trades after it.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='overwrite',
) }}
{% if is_incremental() -%}
with sides as (
    select
        changed.book_key,
        max(case when fills.is_buy then fills.cumulative_quantity else 0 end) as bought,
        max(case when fills.is_buy then 0 else fills.cumulative_quantity end) as sold
    from {{ ref('int_changed_books') }} as changed
    left join {{ ref('int_book_fills') }} as fills
        on changed.book_key = fills.book_key
        and changed.changed_from > fills.executed_at
    group by changed.book_key
),

-- units that both sides had traded before the change stay matched as they are
kept as (
    select
        book_key,
        case
            when coalesce(bought, 0) < coalesce(sold, 0) then coalesce(bought, 0)
            else coalesce(sold, 0)
        end as kept_quantity
    from sides
),

final as (
    select
        fills.*,
        cast(kept.kept_quantity as decimal(38, 12)) as kept_quantity
    from {{ ref('int_book_fills') }} as fills
    inner join kept
        on fills.book_key = kept.book_key
        and fills.cumulative_quantity > kept.kept_quantity
)
{%- else -%}
with final as (
    select
        fills.*,
        cast(0 as decimal(38, 12)) as kept_quantity
    from {{ ref('int_book_fills') }} as fills
    where 1 = 0
)
{%- endif %}

select * from final
