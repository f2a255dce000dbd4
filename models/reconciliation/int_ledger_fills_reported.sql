-- One row per effective fill that a statement covers or names.
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

-- a venue may date a fill to the other side of midnight
named as (
    select fills.fill_id
    from {{ ref('int_statement_fills_latest') }} as stated
    inner join {{ ref('stg_order_fills') }} as fills
        on stated.exchange_fill_id = fills.exchange_fill_id
        and stated.venue = fills.venue
        and stated.account_id = fills.account_id
),

reported_ids as (
    select fill_id from covered
    union
    select fill_id from named
),

reported as (
    select fills.*
    from reported_ids
    inner join {{ ref('int_fills_effective') }} as fills
        on reported_ids.fill_id = fills.fill_id
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
