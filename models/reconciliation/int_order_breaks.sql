-- One row per difference between an order and the latest report of it.
with reported as (
    select
        statements.venue,
        statements.account_id,
        orders.instrument_id,
        orders.exchange_order_id,
        orders.filled_quantity,
        orders.status,
        orders.reported_at,
        orders.recorded_at,
        row_number() over (
            partition by statements.venue, statements.account_id, orders.exchange_order_id
            order by
                orders.reported_at desc, orders.recorded_at desc, orders.statement_order_id
        ) as recency
    from {{ ref('stg_statement_orders') }} as orders
    inner join {{ ref('stg_statements') }} as statements
        on orders.statement_id = statements.statement_id
),

compared as (
    select
        reported.*,
        ours.order_id,
        ours.recorded_at as our_recorded_at,
        states.status as our_status,
        states.filled_quantity as our_filled_quantity
    from reported
    left join {{ ref('stg_orders') }} as ours
        on reported.venue = ours.venue
        and reported.account_id = ours.account_id
        and reported.exchange_order_id = ours.exchange_order_id
    left join {{ ref('order_state') }} as states on ours.order_id = states.order_id
    where reported.recency = 1
        -- the order may have moved on since the venue spoke, unless it spoke of its end
        and (
            states.last_event_at is null
            or states.last_event_at <= reported.reported_at
            or reported.status not in ('PENDING', 'ACCEPTED', 'PARTIAL')
        )
),

break_types as (
    select distinct break_type from {{ ref('reconciliation_tolerances') }}
),

final as (
    select
        break_types.break_type,
        compared.venue,
        compared.account_id,
        compared.instrument_id,
        compared.order_id,
        compared.exchange_order_id,
        'order:' || compared.exchange_order_id as subject,
        case break_types.break_type
            when 'STATUS' then compared.our_status
            when 'QUANTITY' then cast(compared.our_filled_quantity as text)
        end as ledger_value,
        case break_types.break_type
            when 'STATUS' then compared.status
            when 'QUANTITY' then cast(compared.filled_quantity as text)
            else compared.exchange_order_id
        end as exchange_value,
        case break_types.break_type
            when 'QUANTITY' then compared.our_filled_quantity - compared.filled_quantity
        end as difference,
        compared.our_recorded_at,
        compared.recorded_at as their_recorded_at
    from compared
    cross join break_types
    where case break_types.break_type
            when 'MISSING_LOCAL' then compared.order_id is null
            when 'STATUS' then compared.our_status <> compared.status
            when 'QUANTITY' then compared.our_filled_quantity <> compared.filled_quantity
            else false
        end
)

select * from final
