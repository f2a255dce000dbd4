-- One row per order: what its quantity was worth at each price, and why a cost is unknown.
with priced as (
    select
        *,
        -- more units of settlement currency for the same contracts cost a buyer, except where the
        -- contract itself is worth size / price of it
        case when is_inverse then -side_sign else side_sign end as cost_sign,
        {{ contract_size('filled_quantity', 'multiplier') }} as filled_size,
        case
            when unexecuted_quantity = 0 then 0
            else {{ contract_size('unexecuted_quantity', 'multiplier') }}
        end as unexecuted_size
    from {{ ref('int_orders_benchmarked') }}
),

valued as (
    select
        *,
        {{ contract_value('is_inverse', 'filled_size', 'arrival_mid') }} as filled_at_arrival,
        -- nothing is worth nothing, at a price nobody knows too
        case
            when unexecuted_quantity = 0 then 0
            else {{ contract_value('is_inverse', 'unexecuted_size', 'arrival_mid') }}
        end as unexecuted_at_arrival,
        case
            when filled_quantity = 0 then 0
            else {{ contract_value('is_inverse', 'filled_size', 'sent_mid') }}
        end as filled_at_sent,
        case
            when unexecuted_quantity = 0 then 0
            else {{ contract_value('is_inverse', 'unexecuted_size', 'sent_mid') }}
        end as unexecuted_at_sent,
        {{ contract_value('is_inverse', 'filled_size', 'end_mid') }} as filled_at_end,
        case
            when unexecuted_quantity = 0 then 0
            else {{ contract_value('is_inverse', 'unexecuted_size', 'end_mid') }}
        end as unexecuted_at_end
    from priced
),

final as (
    select
        *,
        coalesce(quantity_reason, arrival_reason, sent_reason) as delay_reason,
        case when filled_quantity <> 0 then sent_reason end as trading_reason,
        case
            when quantity_reason is not null then quantity_reason
            when unexecuted_quantity <> 0 then coalesce(sent_reason, end_reason)
        end as opportunity_reason,
        coalesce(
            quantity_reason,
            arrival_reason,
            case when unexecuted_quantity <> 0 then end_reason end,
            fees_reason
        ) as shortfall_reason,
        coalesce(quantity_reason, arrival_reason, end_reason, fees_reason) as return_reason
    from valued
)

select * from final
