-- One row per order during which other orders of the ledger filled: what all of them paid.
with fills as (
    select
        orders.instrument_key,
        fills.executed_at,
        fills.quantity,
        fills.price,
        {{ short_product('fills.quantity', 'fills.price') }} as short_value
    from {{ ref('int_fills_effective') }} as fills
    inner join {{ ref('int_orders_overlapping') }} as orders on fills.order_id = orders.order_id
),

turnover as (
    select
        instrument_key,
        executed_at,
        sum(quantity) as quantity,
        -- 18 decimals, so that a running total has room for what a ledger turns over
        sum(coalesce(
            cast(short_value as decimal(38, 18)),
            round({{ long_product('quantity', 'price', 'short_value') }}, 18)
        )) as value
    from fills
    group by instrument_key, executed_at
),

-- only differences within an instrument are used, so one window runs over all of them
running as (
    select
        *,
        sum(quantity) over turnover_order as running_quantity,
        sum(value) over turnover_order as running_value
    from turnover
    window turnover_order as (
        order by instrument_key, executed_at
        rows between unbounded preceding and current row
    )
),

intervals as (
    select
        orders.order_id,
        orders.filled_quantity,
        closing.running_quantity - opening.running_quantity + opening.quantity as quantity,
        closing.running_value - opening.running_value + opening.value as value
    from {{ ref('int_orders_overlapping') }} as orders
    inner join running as opening
        on orders.instrument_key = opening.instrument_key
        and orders.first_filled_at = opening.executed_at
    inner join running as closing
        on orders.instrument_key = closing.instrument_key
        and orders.last_filled_at = closing.executed_at
),

final as (
    select
        order_id,
        case
            when abs(value) < 50000000000000 then {{ average('value', 'quantity') }}
            else {{ divide('round(value, 12)', 'quantity') }}
        end as interval_vwap
    from intervals
    where quantity > filled_quantity
)

select * from final
