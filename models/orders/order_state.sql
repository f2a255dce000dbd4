-- One row per order: where its events and effective fills leave it.
-- Events say what was asked and how it ended, fills say how much was done: a FILLED event without
-- fills fills nothing, and a late fill completes a cancelled order only if it fills it whole.
-- Events count as they happened, in whatever order files told them.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale='order_id in (select order_id from ' ~ ref('int_changed_orders') ~ ')',
) }}
{% set changed = ref('int_changed_orders') -%}
with told as (
    select
        order_id,
        sequence_number,
        occurred_at,
        order_quantity,
        status,
        coalesce(status in ('CANCELLED', 'REJECTED', 'EXPIRED', 'FAILED'), false) as is_end,
        event_type in ('RETRIED', 'RECOVERED') as is_revival,
        event_type in ('SUBMITTED', 'APPROVED') as is_request,
        {{ tells_terms() }} as is_terms,
        row_number() over (
            partition by order_id
            order by occurred_at, {{ place_in_moment('event_type', 'sequence_number') }}
        ) as nth
    from {{ ref('stg_order_events') }}
    where order_id is not null
        {%- if is_incremental() %}
        and {{ is_told_of_order_in(changed) }}
        {%- endif %}
),

stages as (
    select
        order_id,
        arg_max(sequence_number, nth) as last_sequence_number,
        max(occurred_at) as last_told_at,
        arg_max(order_quantity, nth) filter (where order_quantity is not null and not is_terms)
            as order_quantity,
        max(case when is_end then nth end) as end_nth,
        max(case when is_revival then nth else 0 end) as revival_nth,
        arg_max(status, nth) filter (where is_end) as end_status,
        arg_max(status, nth) filter (
            where status is not null and not is_end and not is_request
        ) as working_status,
        arg_max(status, nth) filter (where status is not null and is_request)
            as requested_status
    from told
    group by order_id
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
        {%- if is_incremental() %}
        and {{ is_of_order_in(changed, 'fills.order_id', 'fills.executed_at') }}
        {%- else %}
        and fills.order_id is not null
        {%- endif %}
    group by fills.order_id
),

-- what canonical-orders told of such an order afterwards: how it was sent, so that whatever amended
-- it came after that, were it dated before
terms as (
    select
        order_id,
        min(data ->> '$.client_order_id') as client_order_id,
        min(order_request_id) as order_request_id,
        min(case when {{ tells_terms() }} then order_quantity end) as quantity,
        min(case when {{ tells_terms() }} then occurred_at end) as sent_at
    from {{ ref('stg_order_events') }}
    where event_type = 'RESTATED'
        and ({{ tells_terms() }} or order_request_id is not null)
        {%- if is_incremental() %}
        and {{ is_told_of_order_in(changed) }}
        {%- endif %}
    group by order_id
),

folded as (
    select
        orders.order_id,
        coalesce(orders.client_order_id, terms.client_order_id) as client_order_id,
        coalesce(orders.order_request_id, terms.order_request_id) as order_request_id,
        coalesce(terms.sent_at, first_fills.executed_at, orders.sent_at) as sent_at,
        coalesce(stages.order_quantity, terms.quantity, orders.quantity) as quantity,
        coalesce(fills.filled_quantity, 0) as filled_quantity,
        fills.average_fill_price,
        case
            -- an end holds unless the order was revived: what is dated later was late, or by a
            -- clock that is fast
            when stages.end_nth > stages.revival_nth then stages.end_status
            -- as what was asked comes before what the venue said of it
            else coalesce(stages.working_status, stages.requested_status)
        end as stated_status,
        stages.last_told_at,
        fills.last_filled_at,
        stages.last_sequence_number
    from {{ ref('stg_orders') }} as orders
    left join stages on orders.order_id = stages.order_id
    left join {{ costs_of_orders_in(changed) if is_incremental() else ref('order_costs') }} as fills
        on orders.order_id = fills.order_id
    left join first_fills on orders.order_id = first_fills.order_id
    left join terms on orders.order_id = terms.order_id
    {%- if is_incremental() %}
    where {{ is_told_of_order_in(changed, 'orders.order_id', 'orders.batch_id') }}
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
        order_request_id,
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
            when last_told_at is null or last_filled_at > last_told_at then last_filled_at
            else last_told_at
        end as last_event_at,
        last_sequence_number
    from decided
)

select * from final
