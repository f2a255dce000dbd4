-- One row per order that is measured anew: facts newer than the standing tables reach it, or its
-- market.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='overwrite',
) }}
with quotes as (
    select
        changed.instrument_id,
        changed.changed_from,
        max(ticks.event_at) as known_to
    from {{ ref('int_changed_ticks') }} as changed
    left join {{ ref('stg_market_ticks') }} as ticks
        on changed.instrument_id = ticks.instrument_id
        -- those at or below zero may quote nothing
        and ticks.mid_price > 0
        {%- if is_incremental() %}
        and ticks.batch_id <= {{ built_through() }}
        {%- endif %}
    group by changed.instrument_id, changed.changed_from
),

fills as (
    select
        instrument_id,
        min(executed_at) as changed_from,
        max(executed_at) as changed_to
    from {{ ref('int_changed_fills') }}
    group by instrument_id
),

final as (
    select
        order_id,
        batch_id as first_batch_id,
        first_filled_at
    from {{ ref('int_orders_timed') }}
    where {{ is_told_of_order_in(ref('int_retimed_orders')) }}
    union
    -- an order looks at the market up to its last day's close, and some time after its last fill;
    -- where no tick reached that, the next one tells how the market went on
    select
        orders.order_id,
        orders.batch_id,
        orders.first_filled_at
    from {{ ref('int_orders_timed') }} as orders
    inner join quotes on orders.instrument_id = quotes.instrument_id
    where quotes.changed_from <= orders.requested_at
        or quotes.changed_from <= orders.sent_at
        or quotes.changed_from <= orders.last_filled_at + {{ realized_spread_horizon() }}
        or cast(quotes.changed_from as date) <= cast(orders.last_filled_at as date)
        or cast(quotes.changed_from as date) <= cast(orders.ended_at as date)
        or quotes.known_to < orders.last_filled_at + {{ realized_spread_horizon() }}
        or quotes.known_to is null
    union
    -- what others paid between its first and its last fill
    select
        orders.order_id,
        orders.batch_id,
        orders.first_filled_at
    from {{ ref('int_orders_timed') }} as orders
    inner join fills on orders.instrument_id = fills.instrument_id
    where fills.changed_from <= orders.last_filled_at
        and fills.changed_to >= orders.first_filled_at
)

select * from final
