-- One row per statement that lists executions; one that lists none says nothing about fills.
with final as (
    select
        statement_id,
        venue,
        account_id,
        instrument_id,
        period_start,
        period_end,
        recorded_at
    from {{ ref('stg_statements') }} as statements
    where exists (
        select 1 from {{ ref('stg_statement_fills') }} as fills
        where fills.statement_id = statements.statement_id
    )
)

select * from final
