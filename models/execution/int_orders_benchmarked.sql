-- One row per order: the prices it is measured against, or why there are none.
{%- set remeasured = ref('int_remeasured_orders') %}
with known as (
    select
        timed.*,
        quoted.arrival_bid,
        quoted.arrival_ask,
        quoted.arrival_mid,
        quoted.arrival_tick_at,
        quoted.sent_mid,
        quoted.sent_tick_at,
        spreads.order_id is null or spreads.lacks_tick as lacks_tick,
        spreads.order_id is null or spreads.lacks_later_tick as lacks_later_tick,
        spreads.has_stale_tick,
        spreads.has_stale_later_tick,
        spreads.fill_mid,
        spreads.later_mid,
        instruments.last_tick_at,
        vwaps.interval_vwap,
        spreads.interval_twap,
        closes.close_mid,
        closes.close_tick_at,
        ends.close_mid as end_mid
    from {{ ref('int_orders_timed') }} as timed
    left join {{ ref('int_orders_quoted') }} as quoted on timed.order_id = quoted.order_id
    left join {{ ref('int_order_spreads') }} as spreads on timed.order_id = spreads.order_id
    left join {{ ref('int_interval_vwaps') }} as vwaps on timed.order_id = vwaps.order_id
    left join {{ ref('int_instruments_ticked') }} as instruments
        on timed.instrument_id = instruments.instrument_id
    left join {{ ref('int_closes') }} as closes
        on timed.instrument_id = closes.instrument_id
        and cast(timed.last_filled_at as date) = closes.close_date
    left join {{ ref('int_closes') }} as ends
        on timed.instrument_id = ends.instrument_id
        and cast(timed.ended_at as date) = ends.close_date
    {%- if is_incremental() %}
    where {{ is_told_of_order_in(remeasured, 'timed.order_id', 'timed.batch_id') }}
    {%- else %}
    where timed.instrument_id in (
        select instrument_id from {{ ref('int_instruments_numbered') }}
        where {{ in_slice('instrument_key') }}
    )
    {%- endif %}
),

reasoned as (
    select
        *,
        case
            when requested_at is null then 'NO_REQUEST'
            when arrival_mid is null then 'NO_TICK'
            when {{ is_stale('arrival_tick_at', 'requested_at') }} then 'STALE_TICK'
        end as arrival_reason,
        case
            when sent_at is null then 'NO_SEND_TIME'
            when sent_mid is null then 'NO_TICK'
            when {{ is_stale('sent_tick_at', 'sent_at') }} then 'STALE_TICK'
        end as sent_reason,
        case
            when first_filled_at is null then 'NO_FILL'
            when lacks_tick then 'NO_TICK'
            when has_stale_tick then 'STALE_TICK'
        end as fill_mid_reason,
        case
            when first_filled_at is null then 'NO_FILL'
            when lacks_later_tick then 'NO_TICK'
            when last_tick_at < last_filled_at + {{ realized_spread_horizon() }}
                then 'NO_LATER_TICK'
            when has_stale_later_tick then 'STALE_TICK'
        end as later_mid_reason,
        case
            when first_filled_at is null then 'NO_FILL'
            when interval_vwap is null then 'OWN_FILLS_ONLY'
        end as vwap_reason,
        case
            when first_filled_at is null then 'NO_FILL'
            when close_mid is null then 'NO_TICK'
        end as close_reason,
        case
            when ended_at is null then 'ORDER_OPEN'
            when end_mid is null then 'NO_TICK'
        end as end_reason,
        case when quantity is null then 'NO_QUANTITY' end as quantity_reason,
        case when fees is null then 'NO_RATE' end as fees_reason
    from known
),

final as (
    select
        order_id,
        account_id,
        instrument_id,
        side,
        side_sign,
        settlement_currency,
        is_inverse,
        multiplier,

        quantity,
        filled_quantity,
        unexecuted_quantity,
        quantity_reason,
        average_fill_price,
        notional,
        fees,
        fees_reason,

        requested_at,
        sent_at,
        acknowledged_at,
        first_filled_at,
        last_filled_at,
        ended_at,

        case when arrival_reason is null then arrival_bid end as arrival_bid,
        case when arrival_reason is null then arrival_ask end as arrival_ask,
        case when arrival_reason is null then arrival_mid end as arrival_mid,
        case when arrival_reason is null then arrival_tick_at end as arrival_tick_at,
        arrival_reason,
        case when sent_reason is null then sent_mid end as sent_mid,
        case when sent_reason is null then sent_tick_at end as sent_tick_at,
        sent_reason,
        case when fill_mid_reason is null then fill_mid end as fill_mid,
        case when fill_mid_reason is null then interval_twap end as interval_twap,
        fill_mid_reason,
        case when later_mid_reason is null then later_mid end as later_mid,
        later_mid_reason,
        interval_vwap,
        vwap_reason,
        close_mid,
        close_tick_at,
        close_reason,
        end_mid,
        end_reason
    from reasoned
)

select * from final
