-- One row per venue, account, instrument or all of them, and stretch of time that statements cover.
{#- as int_statement_fills_current -#}
{{ config(materialized='table' if target.type == 'sqlite' else 'ephemeral') }}
with statements as (
    select
        venue,
        account_id,
        -- of all instruments
        coalesce(instrument_id, '') as instrument_id,
        period_start,
        period_end,
        recorded_at
    from {{ ref('int_fill_statements') }}
),

edges as (
    select venue, account_id, instrument_id, period_start as edge_at from statements
    union
    select venue, account_id, instrument_id, period_end from statements
),

stretches as (
    select
        venue,
        account_id,
        instrument_id,
        edge_at as covered_from,
        lead(edge_at) over (
            partition by venue, account_id, instrument_id
            order by edge_at
        ) as covered_until
    from edges
),

-- stretches of time that do not overlap: to pick a fill's newest statement among all that cover it
-- would be to group all fills
final as (
    select
        stretches.venue,
        stretches.account_id,
        stretches.instrument_id,
        stretches.covered_from,
        stretches.covered_until,
        max(statements.recorded_at) as covered_at
    from stretches
    inner join statements
        on stretches.venue = statements.venue
        and stretches.account_id = statements.account_id
        and stretches.instrument_id = statements.instrument_id
        and stretches.covered_from >= statements.period_start
        and stretches.covered_from < statements.period_end
    group by
        stretches.venue,
        stretches.account_id,
        stretches.instrument_id,
        stretches.covered_from,
        stretches.covered_until
)

select * from final
