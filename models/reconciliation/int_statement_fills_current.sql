-- One row per telling of an execution that no newer statement of its moment replaces.
{#- SQLite repeats a query wherever it is read, and reaches its limit of tables in one -#}
{{ config(materialized='table' if target.type == 'sqlite' else 'ephemeral') }}
with reported as (
    select
        statements.venue,
        statements.account_id,
        statements.statement_id,
        statements.period_start,
        statements.period_end,
        statements.recorded_at as stated_at,
        fills.exchange_fill_id,
        fills.exchange_order_id,
        fills.instrument_id,
        fills.side,
        fills.quantity,
        fills.price,
        fills.fee_amount,
        fills.fee_currency,
        fills.executed_at,
        fills.recorded_at,
        fills.statement_fill_id
    from {{ ref('stg_statement_fills') }} as fills
    inner join {{ ref('int_fill_statements') }} as statements
        on fills.statement_id = statements.statement_id
),

-- joined statement by statement: of few there is a newer one
newer_statements as (
    select
        statements.statement_id,
        statements.period_start,
        statements.period_end,
        newer.instrument_id as newer_instrument_id,
        newer.period_start as newer_start,
        newer.period_end as newer_end
    from {{ ref('int_fill_statements') }} as statements
    inner join {{ ref('int_fill_statements') }} as newer
        on statements.venue = newer.venue
        and statements.account_id = newer.account_id
    where newer.recorded_at > statements.recorded_at
        or (
            newer.recorded_at = statements.recorded_at
            and newer.statement_id > statements.statement_id
        )
),

-- at the very moment where one page of an export ends and the next begins, neither may be whole
superseded as (
    select fills.statement_fill_id
    from newer_statements
    inner join {{ ref('stg_statement_fills') }} as fills
        on newer_statements.statement_id = fills.statement_id
        and fills.executed_at >= newer_statements.newer_start
        and fills.executed_at < newer_statements.newer_end
    where (
        newer_statements.newer_instrument_id is null
        or newer_statements.newer_instrument_id = fills.instrument_id
    )
    and (
        fills.executed_at > newer_statements.newer_start
        or newer_statements.period_start >= newer_statements.newer_start
    )
    and (
        fills.executed_at + interval 1 microsecond < newer_statements.newer_end
        or newer_statements.period_end <= newer_statements.newer_end
    )
),

final as (
    select *
    from reported
    where not exists (
        select 1 from superseded
        where superseded.statement_fill_id = reported.statement_fill_id
    )
)

select * from final
