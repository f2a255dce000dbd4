-- One row per order: when each step of it was taken, and what it traded.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale='order_id in (select order_id from ' ~ ref('int_retimed_orders') ~ ')',
) }}
{% set retimed = ref('int_retimed_orders') -%}
with steps as (
    select
        order_id,
        min(case when event_type = 'ACCEPTED' then occurred_at end) as acknowledged_at,
        min(case when event_type = 'SUBMITTED' then occurred_at end) as submitted_at,
        max(case when {{ tells_terms() }} then 1 else 0 end) as has_terms,
        min(case when {{ tells_terms() }} then order_quantity end) as terms_quantity,
        max(
            case
                when status in ('CANCELLED', 'REJECTED', 'EXPIRED', 'FAILED') then occurred_at
            end
        ) as stopped_at
    from {{ ref('stg_order_events') }}
    where order_id is not null
        {%- if is_incremental() %}
        and {{ is_told_of_order_in(retimed) }}
        {%- endif %}
    group by order_id
),

amendments as (
    select
        events.order_id,
        events.occurred_at,
        events.order_quantity > states.filled_quantity as leaves_some,
        row_number() over (
            partition by events.order_id
            order by events.occurred_at, events.sequence_number
        ) as nth
    from {{ ref('stg_order_events') }} as events
    inner join {{ ref('order_state') }} as states on events.order_id = states.order_id
    where events.event_type in ('REPLACED', 'RESTATED')
        and events.order_quantity is not null
        and states.status = 'FILLED'
        and not {{ tells_terms() }}
        {%- if is_incremental() %}
        and {{ is_told_of_order_in(retimed, 'events.order_id', 'events.batch_id') }}
        {%- endif %}
),

largest as (
    select
        order_id,
        max(case when leaves_some then nth else 0 end) as last_larger
    from amendments
    group by order_id
),

-- made no larger than what was filled: by the first amendment since it was larger
reduced as (
    select
        amendments.order_id,
        min(amendments.occurred_at) as reduced_at,
        max(largest.last_larger) > 0 as was_amended_larger
    from amendments
    inner join largest on amendments.order_id = largest.order_id
    where amendments.nth > largest.last_larger
    group by amendments.order_id
),

final as (
    select
        orders.order_id,
        orders.batch_id,
        orders.account_id,
        orders.instrument_id,
        orders.side,
        case when orders.side = 'BUY' then 1 else -1 end as side_sign,
        instruments.settlement_currency,
        instruments.is_inverse,
        instruments.multiplier,
        states.quantity,
        states.filled_quantity,
        case
            when states.filled_quantity > states.quantity then 0
            else states.quantity - states.filled_quantity
        end as unexecuted_quantity,
        costs.average_fill_price,
        case when costs.order_id is null then 0 else costs.notional end as notional,
        case when costs.order_id is null then 0 else costs.fee_total_settlement end as fees,
        requests.requested_at,
        -- an order that fills or events told of first was sent at some time before them
        case
            when orders.origin <> 'EXTERNAL' or orders.quantity is not null or steps.has_terms = 1
                then states.sent_at
            else steps.submitted_at
        end as sent_at,
        steps.acknowledged_at,
        costs.first_filled_at,
        costs.last_filled_at,
        case
            -- one that was made no larger than what it had filled worked until then
            when states.status = 'FILLED'
                and reduced.reduced_at > costs.last_filled_at
                and (
                    reduced.was_amended_larger
                    or coalesce(
                        coalesce(steps.terms_quantity, orders.quantity) > states.filled_quantity,
                        true
                    )
                )
                then reduced.reduced_at
            when states.status = 'FILLED' then costs.last_filled_at
            when states.status in ('PENDING', 'ACCEPTED', 'PARTIAL') then null
            -- a late fill
            when costs.last_filled_at > steps.stopped_at then costs.last_filled_at
            else steps.stopped_at
        end as ended_at
    from {{ ref('stg_orders') }} as orders
    inner join {{ ref('order_state') }} as states on orders.order_id = states.order_id
    left join {{ ref('stg_instruments') }} as instruments
        on orders.instrument_id = instruments.instrument_id
    left join {{ ref('stg_order_requests') }} as requests
        on states.order_request_id = requests.order_request_id
    left join {{ costs_of_orders_in(retimed) if is_incremental() else ref('order_costs') }} as costs
        on orders.order_id = costs.order_id
    left join steps on orders.order_id = steps.order_id
    left join reduced on orders.order_id = reduced.order_id
    {%- if is_incremental() %}
    where {{ is_told_of_order_in(retimed, 'orders.order_id', 'orders.batch_id') }}
    {%- endif %}
)

select * from final
