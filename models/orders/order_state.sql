-- One row per order: where its events and effective fills leave it.
-- Events say what was asked and how it ended, fills say how much was done: a FILLED event without
-- fills fills nothing, and a late fill completes a cancelled order only if it fills it whole. The
-- last event is the last that happened, in whatever order files told them.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale='order_id in (select order_id from ' ~ ref('int_changed_orders') ~ ')',
) }}
{% set changed = 'order_id in (select order_id from ' ~ ref('int_changed_orders') ~ ')'
    if is_incremental() else '1 = 1' -%}
with placed_events as (
    select
        order_id,
        status,
        order_quantity,
        {{ event_moment('event_type', 'occurred_at') }} as moment,
        {{ place_in_moment('event_type', 'sequence_number') }} as place
    from {{ ref('stg_order_events') }}
    where order_id is not null and {{ changed }}
),

moments as (
    select
        order_id,
        max(moment) as last_at,
        max(case when status is not null then moment end) as status_at,
        max(case when order_quantity is not null then moment end) as quantity_at
    from placed_events
    group by order_id
),

places as (
    select
        placed_events.order_id,
        max(case when placed_events.moment = moments.last_at then placed_events.place end)
            as last_place,
        max(case
            when placed_events.status is not null
                and placed_events.moment = moments.status_at
                then placed_events.place
        end) as status_place,
        max(case
            when placed_events.order_quantity is not null
                and placed_events.moment = moments.quantity_at
                then placed_events.place
        end) as quantity_place
    from placed_events
    inner join moments on placed_events.order_id = moments.order_id
    group by placed_events.order_id
),

stages as (
    select
        order_id,
        {{ sequence_of('last_place') }} as last_sequence_number,
        {{ sequence_of('status_place') }} as status_sequence,
        {{ sequence_of('quantity_place') }} as quantity_sequence
    from places
),

amendments as (
    select sequence_number, order_quantity from {{ ref('stg_order_events') }}
    where order_quantity is not null and {{ changed }}
),

-- whichever fill came first to the ledger: facts stay, and files come in any order
first_fills as (
    select
        fills.order_id,
        min(fills.executed_at) as executed_at
    from {{ ref('stg_order_fills') }} as fills
    inner join {{ ref('stg_orders') }} as orders on fills.order_id = orders.order_id
    where orders.origin = 'EXTERNAL'
        and orders.quantity is null
        and fills.{{ changed if is_incremental() else 'order_id is not null' }}
    group by fills.order_id
),

-- what canonical-orders told of such an order afterwards
terms as (
    select
        order_id,
        min(data ->> '$.client_order_id') as client_order_id,
        min(occurred_at) as sent_at
    from {{ ref('stg_order_events') }}
    where event_type = 'RESTATED' and (data ->> '$.sent_at') is not null and {{ changed }}
    group by order_id
),

folded as (
    select
        orders.order_id,
        coalesce(orders.client_order_id, terms.client_order_id) as client_order_id,
        coalesce(terms.sent_at, first_fills.executed_at, orders.sent_at) as sent_at,
        coalesce(amendments.order_quantity, orders.quantity) as quantity,
        coalesce(fills.filled_quantity, 0) as filled_quantity,
        fills.average_fill_price,
        latest.status as stated_status,
        last_events.occurred_at as stated_at,
        fills.last_filled_at,
        stages.last_sequence_number
    from {{ ref('stg_orders') }} as orders
    left join stages on orders.order_id = stages.order_id
    left join {{ ref('stg_order_events') }} as last_events
        on stages.last_sequence_number = last_events.sequence_number
    left join {{ ref('stg_order_events') }} as latest
        on stages.status_sequence = latest.sequence_number
    left join amendments on stages.quantity_sequence = amendments.sequence_number
    left join {{ ref('order_costs') }} as fills on orders.order_id = fills.order_id
    left join first_fills on orders.order_id = first_fills.order_id
    left join terms on orders.order_id = terms.order_id
    {%- if is_incremental() %}
    where orders.{{ changed }}
    {%- endif %}
),

decided as (
    select
        *,
        case
            when filled_quantity > 0 and filled_quantity >= quantity then 'FILLED'
            when stated_status in ('CANCELLED', 'REJECTED', 'EXPIRED', 'FAILED')
                then stated_status
            -- of an order known by its fills alone, they are all there is to know
            when filled_quantity > 0 and quantity is null then 'FILLED'
            when filled_quantity > 0 then 'PARTIAL'
            when stated_status in ('PARTIAL', 'FILLED') then 'ACCEPTED'
            else coalesce(stated_status, 'PENDING')
        end as status
    from folded
),

final as (
    select
        order_id,
        client_order_id,
        status,
        quantity,
        filled_quantity,
        case
            when quantity is null then null
            when status in ('PENDING', 'ACCEPTED', 'PARTIAL') then quantity - filled_quantity
            else 0
        end as leaves_quantity,
        average_fill_price,
        sent_at,
        case
            when stated_at is null or last_filled_at > stated_at then last_filled_at
            else stated_at
        end as last_event_at,
        last_sequence_number
    from decided
)

select * from final
