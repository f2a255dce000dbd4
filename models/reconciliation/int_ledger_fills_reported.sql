-- One row per effective fill that a statement covers or names.
{#- as int_statement_fills_current -#}
{{ config(materialized='table' if target.type == 'sqlite' else 'ephemeral') }}
-- fills from before all that is covered or named, or after, need not even be read
with bounds as (
    select
        min(reported_at) as first_at,
        max(reported_at) as last_at
    from (
        select covered_from as reported_at from {{ ref('int_statement_coverage') }}
        union all
        select covered_until from {{ ref('int_statement_coverage') }}
        union all
        select executed_at from {{ ref('int_fills_named') }}
    ) as moments
),

fills as not materialized (
    select
        fills.*,
        -- a fill the venue gave no id can match nothing but itself
        coalesce(fills.exchange_fill_id, cast(fills.fill_id as text)) as matching_id,
        case
            when of_all.covered_at is null or of_one.covered_at > of_all.covered_at
                then of_one.covered_at
            else of_all.covered_at
        end as covered_at
    from {{ ref('int_fills_effective') }} as fills
    left join {{ ref('int_statement_coverage') }} as of_all
        on of_all.instrument_id = ''
        and fills.venue = of_all.venue
        and fills.account_id = of_all.account_id
        and fills.executed_at >= of_all.covered_from
        and fills.executed_at < of_all.covered_until
    left join {{ ref('int_statement_coverage') }} as of_one
        on of_one.instrument_id <> ''
        and fills.venue = of_one.venue
        and fills.account_id = of_one.account_id
        and fills.instrument_id = of_one.instrument_id
        and fills.executed_at >= of_one.covered_from
        and fills.executed_at < of_one.covered_until
    where fills.executed_at >= (select first_at from bounds)
        and fills.executed_at <= (select last_at from bounds)
),

reported as (
    select * from fills
    where covered_at is not null
        or fill_id in (select fill_id from {{ ref('int_fills_named') }})
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
