-- One row per statement and kind of thing it tells of: how much of it agrees, and how much not.
with fills as (
    select
        statement_id,
        count(*) as stated_count
    from {{ ref('int_statement_fills_latest') }}
    group by statement_id
),

orders as (
    select
        statement_id,
        count(distinct exchange_order_id || ':' || instrument_id) as stated_count
    from {{ ref('stg_statement_orders') }}
    group by statement_id
),

balances as (
    select
        statement_id,
        kind,
        count(*) as stated_count
    from {{ ref('int_balances_stated') }}
    group by statement_id, kind
),

missing as (
    select
        statement_id,
        count(*) as missing_count
    from {{ ref('exchange_reconciliation') }}
    where break_type = 'MISSING_LOCAL'
        and exchange_fill_id is not null
    group by statement_id
),

told as (
    select
        statement_id,
        'FILL' as subject,
        stated_count
    from fills
    union all
    -- of the fills that both have
    select
        fills.statement_id,
        'FEE' as subject,
        fills.stated_count - coalesce(missing.missing_count, 0) as stated_count
    from fills
    left join missing on fills.statement_id = missing.statement_id
    union all
    select
        statement_id,
        'ORDER' as subject,
        stated_count
    from orders
    union all
    select
        statement_id,
        kind as subject,
        stated_count
    from balances
),

breaks as (
    select
        statement_id,
        case
            when break_type in ('BALANCE', 'POSITION') then break_type
            when break_type in ('FEE', 'FEE_CURRENCY') then 'FEE'
            when exchange_fill_id is null then 'ORDER'
            else 'FILL'
        end as subject,
        coalesce(exchange_fill_id, exchange_order_id, currency, instrument_id) as thing,
        instrument_id,
        break_type,
        severity,
        is_open
    from {{ ref('exchange_reconciliation') }}
    where statement_id is not null
),

broken as (
    select
        statement_id,
        subject,
        count(*) as break_count,
        count(*) filter (where is_open) as open_count,
        count(*) filter (where is_open and severity = 'error') as error_count,
        count(*) filter (where break_type = 'MISSING_EXCHANGE') as untold_count,
        count(
            distinct case
                when break_type <> 'MISSING_EXCHANGE'
                    then coalesce(instrument_id, '') || ':' || thing
            end
        ) as differing_count
    from breaks
    group by statement_id, subject
),

final as (
    select
        told.statement_id,
        statements.venue,
        statements.account_id,
        statements.instrument_id,
        statements.period_start,
        statements.period_end,
        told.subject,
        told.stated_count,
        told.stated_count - coalesce(broken.differing_count, 0) as matched_count,
        coalesce(broken.differing_count, 0) as differing_count,
        coalesce(broken.untold_count, 0) as untold_count,
        coalesce(broken.break_count, 0) as break_count,
        coalesce(broken.open_count, 0) as open_count,
        coalesce(broken.error_count, 0) as error_count
    from told
    inner join {{ ref('stg_statements') }} as statements
        on told.statement_id = statements.statement_id
    left join broken
        on told.statement_id = broken.statement_id
        and told.subject = broken.subject
)

select * from final
