-- One row per effective fill that a statement covers or names.
{#- as int_statement_fills_current -#}
{{ config(materialized='table' if target.type == 'sqlite' else 'ephemeral') }}
with covered as (
    select
        fills.fill_id,
        max(covering.recorded_at) as covered_at
    from {{ ref('int_fill_statements') }} as covering
    inner join {{ ref('stg_order_fills') }} as fills
        on covering.venue = fills.venue
        and covering.account_id = fills.account_id
        and (covering.instrument_id is null or covering.instrument_id = fills.instrument_id)
        and fills.executed_at >= covering.period_start
        and fills.executed_at < covering.period_end
    group by fills.fill_id
),

uncovered as (
    select
        fills.fill_id,
        fills.venue,
        fills.account_id,
        fills.exchange_fill_id
    from {{ ref('stg_order_fills') }} as fills
    where not exists (
        select 1 from covered
        where covered.fill_id = fills.fill_id
    )
),

-- a venue may date a fill to the other side of midnight
named as (
    select uncovered.fill_id
    from uncovered
    inner join {{ ref('int_statement_fills_current') }} as stated
        on uncovered.exchange_fill_id = stated.exchange_fill_id
        and uncovered.venue = stated.venue
        and uncovered.account_id = stated.account_id
),

reported as (
    select
        fills.*,
        -- a fill the venue gave no id can match nothing but itself
        coalesce(fills.exchange_fill_id, cast(fills.fill_id as text)) as matching_id,
        covered.covered_at
    from {{ ref('int_fills_effective') }} as fills
    left join covered on fills.fill_id = covered.fill_id
    where covered.fill_id is not null
        or fills.fill_id in (select fill_id from named)
),

-- only what stands there again has to be numbered: sorting all of it would take most of the time
repeated as (
    select matching_id
    from reported
    group by matching_id
    having count(*) > 1
),

numbered as (
    select
        fill_id,
        row_number() over (
            partition by venue, account_id, instrument_id, side, matching_id
            order by executed_at, fill_id
        ) as occurrence
    from reported
    where matching_id in (select matching_id from repeated)
),

final as (
    select
        reported.*,
        coalesce(numbered.occurrence, 1) as occurrence
    from reported
    left join numbered on reported.fill_id = numbered.fill_id
)

select * from final
