-- One row per instrument that has a tick: its latest mid.
with ranked as (
    select
        *,
        row_number() over (partition by instrument_id order by mark_date desc) as recency
    from {{ ref('int_daily_marks') }}
),

final as (
    select
        instrument_id,
        mark_price,
        marked_at
    from ranked
    where recency = 1
)

select * from final
