-- One row per break: a difference between the ledger and what a venue states.
with breaks as (
    select
        break_type,
        venue,
        account_id,
        instrument_id,
        order_id,
        fill_id,
        exchange_order_id,
        exchange_fill_id,
        subject,
        fee_currency as currency,
        statement_id,
        ledger_value,
        exchange_value,
        difference,
        our_recorded_at,
        their_recorded_at
    from {{ ref('int_fill_breaks') }}
    union all
    select
        break_type, venue, account_id, instrument_id, order_id, null, exchange_order_id, null,
        subject, null, statement_id, ledger_value, exchange_value, difference, our_recorded_at,
        their_recorded_at
    from {{ ref('int_order_breaks') }}
    union all
    select
        break_type, venue, account_id, instrument_id, null, null, null, null, subject, null,
        statement_id, ledger_value, exchange_value, difference, our_recorded_at, their_recorded_at
    from {{ ref('int_position_breaks') }}
    union all
    select
        break_type, venue, account_id, null, null, null, null, null, subject, currency,
        statement_id, ledger_value, exchange_value, difference, our_recorded_at,
        their_recorded_at
    from {{ ref('int_balance_breaks') }}
),

-- the currency whose tolerance holds
denominated as (
    select
        breaks.*,
        breaks.break_type || ':' || breaks.venue || ':' || breaks.account_id || ':'
        || case
            when breaks.exchange_order_id is null and breaks.exchange_fill_id is null then ''
            else breaks.instrument_id || ':'
        end
        || breaks.subject as break_id,
        case
            when breaks.break_type in ('QUANTITY', 'POSITION') then instruments.base_currency
            when breaks.break_type = 'PRICE' then instruments.quote_currency
            else breaks.currency
        end as tolerance_currency
    from breaks
    left join {{ ref('stg_instruments') }} as instruments
        on breaks.instrument_id = instruments.instrument_id
),

tolerated as (
    select
        denominated.*,
        coalesce(own.tolerance, common.tolerance, 0) as tolerance,
        coalesce(own.severity, common.severity, 'error') as severity
    from denominated
    left join {{ ref('reconciliation_tolerances') }} as own
        on denominated.break_type = own.break_type
        and denominated.tolerance_currency = own.currency
    left join {{ ref('reconciliation_tolerances') }} as common
        on denominated.break_type = common.break_type
        and common.currency = '*'
),

resolutions as (
    select
        break_id,
        action,
        recorded_at,
        row_number() over (
            partition by break_id
            order by occurred_at desc, recorded_at desc, resolution_id desc
        ) as recency
    from {{ ref('stg_break_resolutions') }}
),

seen as (
    select
        tolerated.*,
        case
            when tolerated.our_recorded_at > tolerated.their_recorded_at
                then tolerated.our_recorded_at
            else tolerated.their_recorded_at
        end as first_seen_at
    from tolerated
    where tolerated.difference is null or abs(tolerated.difference) > tolerated.tolerance
),

news as (
    select max(recorded_at) as recorded_at from {{ ref('stg_statements') }}
),

final as (
    select
        seen.break_id,
        seen.break_type,
        seen.venue,
        seen.account_id,
        seen.instrument_id,
        seen.order_id,
        seen.fill_id,
        seen.exchange_order_id,
        seen.exchange_fill_id,
        -- what else differs is no amount of the currency that the fill's fee is in
        case when seen.break_type in ('FEE', 'BALANCE') then seen.currency end as currency,
        seen.statement_id,
        seen.ledger_value,
        seen.exchange_value,
        seen.difference,
        seen.tolerance,
        seen.severity,
        seen.first_seen_at,
        case
            when seen.first_seen_at >= news.recorded_at then 0
            else date_diff('second', seen.first_seen_at, news.recorded_at)
        end as age_seconds,
        resolutions.action as resolution,
        coalesce(resolutions.recorded_at < seen.first_seen_at, false) as is_recurring,
        resolutions.action is null
        or resolutions.recorded_at < seen.first_seen_at as is_open
    from seen
    cross join news
    left join resolutions
        on seen.break_id = resolutions.break_id
        and resolutions.recency = 1
)

select * from final
