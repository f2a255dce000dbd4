-- One row per filled order between whose first and last fill another order may have filled too.
{%- set remeasured = ref('int_remeasured_orders') %}
with
{% if is_incremental() -%}
-- nothing that ended before can overlap an order that is measured anew
needed as (
    select
        instrument_id,
        min(first_filled_at) as first_filled_at
    from {{ ref('int_orders_timed') }}
    where {{ is_told_of_order_in(remeasured) }}
    group by instrument_id
),

{% endif -%}

-- whole seconds of an instrument as one integer that grows from one instrument to the next, so that
-- one window runs over all of them: a second too many costs nothing but a look
intervals as (
    select
        costs.order_id,
        instruments.instrument_key,
        costs.filled_quantity,
        costs.first_filled_at,
        costs.last_filled_at,
        instruments.instrument_key * cast(100000000000 as bigint)
        + epoch_ms(costs.first_filled_at) // 1000 as began_s,
        instruments.instrument_key * cast(100000000000 as bigint)
        + epoch_ms(costs.last_filled_at) // 1000 as ended_s
    from {{ ref('order_costs') }} as costs
    inner join {{ ref('int_instruments_numbered') }} as instruments
        on costs.instrument_id = instruments.instrument_id
    {%- if is_incremental() %}
    inner join needed
        on costs.instrument_id = needed.instrument_id
        and costs.last_filled_at >= needed.first_filled_at
    {%- else %}
    where {{ in_slice('instruments.instrument_key') }}
    {%- endif %}
),

neighbours as (
    select
        *,
        max(ended_s) over (
            order by began_s
            rows between unbounded preceding and 1 preceding
        ) as earlier_ended_s,
        lead(began_s) over (order by began_s) as next_began_s
    from intervals
),

final as (
    select
        order_id,
        instrument_key,
        filled_quantity,
        first_filled_at,
        last_filled_at
    from neighbours
    where earlier_ended_s >= began_s or next_began_s <= ended_s
)

select * from final
