-- One row per order with an effective fill: what it realised by closing lots.
with closed as (
    select
        closing_order_id as order_id,
        sum(quantity) as closed_quantity,
        sum(gross_pnl) as realized_gross_pnl,
        {{ sum_known('net_pnl') }} as realized_net_pnl
    from {{ ref('lot_matches') }}
    group by closing_order_id
),

final as (
    select
        orders.order_id,
        orders.account_id,
        orders.instrument_id,
        coalesce(closed.closed_quantity, 0) as closed_quantity,
        coalesce(closed.realized_gross_pnl, 0) as realized_gross_pnl,
        case
            when closed.order_id is null then 0
            else closed.realized_gross_pnl - closed.realized_net_pnl
        end as fees,
        case when closed.order_id is null then 0 else closed.realized_net_pnl end
            as realized_net_pnl,
        orders.settlement_currency as currency,
        'fifo' as pnl_method
    from {{ ref('order_costs') }} as orders
    left join closed on orders.order_id = closed.order_id
)

select * from final
