-- One row per decision about a break.
with source as (
    select * from {{ source('ledger', 'break_resolutions') }}
    {{ known_as_of() }}
),

final as (
    select
        resolution_id,
        break_id,

        action,
        reason,
        actor,

        occurred_at,

        recorded_at,
        batch_id
    from source
)

select * from final
