-- One row per effective fill that no statement covers, and one names.
-- A venue may date a fill to the other side of midnight.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale='fill_id in (select fill_id from ' ~ ref('int_changed_fills') ~ ')'
        ~ ' or exists (select 1 from ' ~ ref('int_changed_statements') ~ ')',
) }}
with fills as not materialized (
    select
        fill_id,
        venue,
        account_id,
        instrument_id,
        exchange_fill_id,
        executed_at
    from {{ ref('int_fills_effective') }}
),

{% if is_incremental() -%}
-- what statements tell of other fills stands as long as they do: to look for their ids among all
-- fills takes longer than all else here
told_anew as (
    select distinct
        venue,
        account_id
    from {{ ref('int_fill_statements') }}
    where exists (select 1 from {{ ref('int_changed_statements') }})
),

looked_for as (
    select * from fills
    where {{ is_changed_fill() }}
    union all
    select fills.*
    from fills
    inner join told_anew
        on fills.venue = told_anew.venue
        and fills.account_id = told_anew.account_id
),

{% endif -%}
named as (
    select distinct
        fills.fill_id,
        fills.venue,
        fills.account_id,
        fills.instrument_id,
        fills.executed_at
    from {{ 'looked_for' if is_incremental() else 'fills' }} as fills
    inner join {{ ref('int_statement_fills_current') }} as stated
        on fills.exchange_fill_id = stated.exchange_fill_id
        and fills.venue = stated.venue
        and fills.account_id = stated.account_id
        and fills.instrument_id = stated.instrument_id
),

final as (
    select
        named.fill_id,
        named.executed_at
    from named
    left join {{ ref('int_statement_coverage') }} as coverage
        on coverage.instrument_id in ('', named.instrument_id)
        and named.venue = coverage.venue
        and named.account_id = coverage.account_id
        and named.executed_at >= coverage.covered_from
        and named.executed_at < coverage.covered_until
    where coverage.covered_at is null
)

select * from final
