-- One row per effective fill that a statement covers or names.
with reported as (
    select *
    from {{ ref('int_fills_effective') }} as fills
    where exists (
        select 1
        from {{ ref('int_fill_statements') }} as covering
        where covering.venue = fills.venue
            and covering.account_id = fills.account_id
            and fills.executed_at >= covering.period_start
            and fills.executed_at < covering.period_end
    )
    -- a venue may date a fill to the other side of midnight
    or exists (
        select 1
        from {{ ref('int_statement_fills_latest') }} as named
        where named.exchange_fill_id = fills.exchange_fill_id
            and named.venue = fills.venue
            and named.account_id = fills.account_id
    )
),

covered as (
    select
        reported.fill_id,
        max(covering.recorded_at) as covered_at
    from reported
    inner join {{ ref('int_fill_statements') }} as covering
        on reported.venue = covering.venue
        and reported.account_id = covering.account_id
        and reported.executed_at >= covering.period_start
        and reported.executed_at < covering.period_end
    group by reported.fill_id
),

final as (
    select
        reported.*,
        -- a fill the venue gave no id can match nothing but itself
        coalesce(reported.exchange_fill_id, cast(reported.fill_id as text)) as matching_id,
        covered.covered_at,
        row_number() over (
            partition by
                reported.venue,
                reported.account_id,
                reported.instrument_id,
                reported.side,
                coalesce(reported.exchange_fill_id, cast(reported.fill_id as text))
            order by reported.executed_at, reported.fill_id
        ) as occurrence
    from reported
    left join covered on reported.fill_id = covered.fill_id
)

select * from final
