-- One row per difference between an order and what statements report of it.
with tellings as (
    select
        statements.venue,
        statements.account_id,
        statements.statement_id,
        orders.instrument_id,
        orders.exchange_order_id,
        orders.filled_quantity,
        orders.status,
        orders.reported_at,
        orders.recorded_at,
        row_number() over (
            partition by
                statements.venue,
                statements.account_id,
                orders.instrument_id,
                orders.exchange_order_id
            order by
                orders.reported_at desc, orders.recorded_at desc, orders.statement_order_id
        ) as recency
    from {{ ref('stg_statement_orders') }} as orders
    inner join {{ ref('stg_statements') }} as statements
        on orders.statement_id = statements.statement_id
),

compared as (
    select
        tellings.*,
        ours.order_id,
        ours.recorded_at as our_recorded_at,
        states.status as our_status,
        states.filled_quantity as our_filled_quantity
    from tellings
    left join {{ ref('stg_orders') }} as ours
        on tellings.venue = ours.venue
        and tellings.account_id = ours.account_id
        and tellings.instrument_id = ours.instrument_id
        and tellings.exchange_order_id = ours.exchange_order_id
    left join {{ ref('order_state') }} as states on ours.order_id = states.order_id
    where tellings.recency = 1
        -- the order may have moved on since the venue spoke, unless it spoke of its end
        and (
            states.last_event_at is null
            or states.last_event_at <= tellings.reported_at
            or tellings.status not in ('PENDING', 'ACCEPTED', 'PARTIAL')
        )
),

differing as (
    select * from compared
    where order_id is null
        or our_status <> status
        or our_filled_quantity <> filled_quantity
),

-- since when the venue has said what it says last
changed as (
    select
        differing.statement_id,
        differing.exchange_order_id,
        differing.instrument_id,
        tellings.recorded_at,
        differing.status = tellings.status
        and differing.filled_quantity = tellings.filled_quantity as says_the_same,
        max(
            case
                when differing.status <> tellings.status
                    or differing.filled_quantity <> tellings.filled_quantity
                    then tellings.recorded_at
            end
        ) over (
            partition by
                differing.statement_id, differing.exchange_order_id, differing.instrument_id
        ) as changed_at
    from differing
    inner join tellings
        on differing.venue = tellings.venue
        and differing.account_id = tellings.account_id
        and differing.instrument_id = tellings.instrument_id
        and differing.exchange_order_id = tellings.exchange_order_id
),

first_said as (
    select
        statement_id,
        exchange_order_id,
        instrument_id,
        min(recorded_at) as first_said_at
    from changed
    where says_the_same
        and (changed_at is null or recorded_at > changed_at)
    group by statement_id, exchange_order_id, instrument_id
),

break_types as (
    select distinct break_type from {{ ref('reconciliation_tolerances') }}
),

told as (
    select
        break_types.break_type,
        differing.venue,
        differing.account_id,
        differing.statement_id,
        differing.instrument_id,
        differing.order_id,
        differing.exchange_order_id,
        case break_types.break_type
            when 'STATUS' then differing.our_status
            when 'QUANTITY' then cast(differing.our_filled_quantity as text)
        end as ledger_value,
        case break_types.break_type
            when 'STATUS' then differing.status
            when 'QUANTITY' then cast(differing.filled_quantity as text)
            else differing.exchange_order_id
        end as exchange_value,
        case break_types.break_type
            when 'QUANTITY' then differing.our_filled_quantity - differing.filled_quantity
        end as difference,
        differing.our_recorded_at,
        coalesce(first_said.first_said_at, differing.recorded_at) as their_recorded_at
    from differing
    left join first_said
        on differing.statement_id = first_said.statement_id
        and differing.exchange_order_id = first_said.exchange_order_id
        and differing.instrument_id = first_said.instrument_id
    cross join break_types
    where case break_types.break_type
            when 'MISSING_LOCAL' then differing.order_id is null
            when 'STATUS' then differing.our_status <> differing.status
            when 'QUANTITY' then differing.our_filled_quantity <> differing.filled_quantity
            else false
        end
),

-- one that lists no order that has ended may be of open orders only, and misses none
order_statements as (
    select *
    from {{ ref('stg_statements') }} as statements
    where exists (
        select 1 from {{ ref('stg_statement_orders') }} as orders
        where orders.statement_id = statements.statement_id
            and orders.status not in ('PENDING', 'ACCEPTED', 'PARTIAL')
    )
),

-- their first and last moment, so that no other time is even read; of none of them, nothing is
stated as (
    select
        min(period_start) as first_start,
        max(period_end) as last_end
    from order_statements
    having min(period_start) is not null
),

ended as (
    select states.*
    from {{ ref('order_state') }} as states
    inner join stated
        on states.sent_at >= stated.first_start
        and states.last_event_at < stated.last_end
    where states.status in ('FILLED', 'CANCELLED', 'EXPIRED')
        -- one for an amount of quote currency that came to nothing: no statement can tell it
        and (states.quantity is not null or states.filled_quantity > 0)
),

-- sent and over within the period: then a venue lists it, by whichever moment it goes
untold as (
    select
        ours.order_id,
        ours.venue,
        ours.account_id,
        ours.instrument_id,
        ours.exchange_order_id,
        ours.recorded_at as our_recorded_at,
        statements.statement_id,
        min(statements.recorded_at) over (partition by ours.order_id) as first_said_at,
        row_number() over (
            partition by ours.order_id
            order by statements.recorded_at desc, statements.statement_id
        ) as recency
    from {{ ref('stg_orders') }} as ours
    inner join ended as states on ours.order_id = states.order_id
    inner join order_statements as statements
        on ours.venue = statements.venue
        and ours.account_id = statements.account_id
        and (statements.instrument_id is null or statements.instrument_id = ours.instrument_id)
        and states.sent_at >= statements.period_start
        and states.last_event_at < statements.period_end
    where ours.exchange_order_id is not null
        and not exists (
            select 1 from tellings
            where tellings.venue = ours.venue
                and tellings.account_id = ours.account_id
                and tellings.instrument_id = ours.instrument_id
                and tellings.exchange_order_id = ours.exchange_order_id
        )
),

final as (
    select
        break_type,
        venue,
        account_id,
        statement_id,
        instrument_id,
        order_id,
        exchange_order_id,
        'order:' || exchange_order_id as subject,
        ledger_value,
        exchange_value,
        difference,
        our_recorded_at,
        their_recorded_at
    from told
    union all
    select
        'MISSING_EXCHANGE' as break_type,
        venue,
        account_id,
        statement_id,
        instrument_id,
        order_id,
        exchange_order_id,
        'order:' || exchange_order_id as subject,
        exchange_order_id as ledger_value,
        null as exchange_value,
        null as difference,
        our_recorded_at,
        first_said_at as their_recorded_at
    from untold
    where recency = 1
)

select * from final
