-- One row per order: what its execution cost against the market, in prices, basis points and money.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale='order_id in (select order_id from ' ~ ref('int_remeasured_orders') ~ ')',
    slice_rows_of=ref('int_fills_effective') | string,
) }}
with measured as (
    select
        *,
        arrival_ask - arrival_bid as quoted_spread,
        2 * side_sign * (average_fill_price - fill_mid) as effective_spread,
        2 * side_sign * (average_fill_price - later_mid) as realized_spread,
        case when delay_reason is null
            then cost_sign * (filled_at_sent - filled_at_arrival)
        end as trading_delay_cost,
        case when delay_reason is null
            then cost_sign * (unexecuted_at_sent - unexecuted_at_arrival)
        end as opportunity_delay_cost,
        case when trading_reason is null
            then cost_sign * (notional - filled_at_sent)
        end as trading_cost,
        case when opportunity_reason is null
            then cost_sign * (unexecuted_at_end - unexecuted_at_sent)
        end as opportunity_cost,
        case when shortfall_reason is null
            then cost_sign * (
                notional - filled_at_arrival + unexecuted_at_end - unexecuted_at_arrival
            ) + fees
        end as implementation_shortfall,
        filled_at_arrival + unexecuted_at_arrival as paper_notional,
        case when return_reason is null
            then cost_sign * (
                filled_at_end - filled_at_arrival + unexecuted_at_end - unexecuted_at_arrival
            )
        end as paper_return,
        case when return_reason is null
            then cost_sign * (filled_at_end - notional) - fees
        end as actual_return
    from {{ ref('int_order_shortfalls') }}
),

-- what is divided by or into, brought to units once
counted as (
    select
        *,
        {{ units('side_sign * average_fill_price') }} as fill_units,
        {{ units('arrival_mid') }} as arrival_units,
        {{ units('sent_mid') }} as sent_units,
        {{ units('interval_vwap') }} as vwap_units,
        {{ units('interval_twap') }} as twap_units,
        {{ units('close_mid') }} as close_units,
        {{ units('implementation_shortfall') }} as shortfall_units,
        {{ units('abs(paper_notional)') }} as paper_units
    from measured
),

-- prices are short; means have 12 decimals
divisible as (
    select
        *,
        {%- for price in ['arrival', 'sent', 'close'] %}
        case when {{ price }}_units > 0 then {{ divisor(price ~ '_units') }} end
            as {{ price }}_divisor,
        {%- endfor %}
        {%- for price in ['arrival', 'sent', 'vwap', 'twap', 'close'] %}
        fill_units - side_sign * {{ price }}_units as {{ price }}_slippage_units
        {{- ',' if not loop.last }}
        {%- endfor %}
    from counted
),

final as (
    select
        order_id,
        account_id,
        instrument_id,
        side,
        quantity,
        filled_quantity,
        unexecuted_quantity,

        requested_at,
        sent_at,
        acknowledged_at,
        first_filled_at,
        last_filled_at,
        ended_at,
        date_diff('microsecond', requested_at, first_filled_at) // 1000 as latency_ms,
        case
            when requested_at is null then 'NO_REQUEST'
            when first_filled_at is null then 'NO_FILL'
        end as latency_reason,
        date_diff('microsecond', requested_at, acknowledged_at) // 1000
            as acknowledgement_latency_ms,
        case
            when requested_at is null then 'NO_REQUEST'
            when acknowledged_at is null then 'NO_ACKNOWLEDGEMENT'
        end as acknowledgement_reason,

        arrival_bid,
        arrival_ask,
        arrival_mid,
        arrival_tick_at,
        arrival_reason,
        sent_mid,
        sent_tick_at,
        sent_reason,
        average_fill_price,
        case when first_filled_at is null then 'NO_FILL' end as fill_reason,
        fill_mid,
        interval_twap,
        fill_mid_reason,
        later_mid,
        later_mid_reason,
        interval_vwap,
        vwap_reason,
        close_mid,
        close_tick_at,
        close_reason,
        end_mid,
        end_reason,

        {{ basis_points('arrival_slippage_units', 'arrival_units', 'arrival_divisor') }}
            as slippage_arrival_bps,
        {{ basis_points('sent_slippage_units', 'sent_units', 'sent_divisor') }}
            as slippage_sent_bps,
        {{ basis_points('vwap_slippage_units', 'vwap_units') }} as slippage_vwap_bps,
        {{ basis_points('twap_slippage_units', 'twap_units') }} as slippage_twap_bps,
        {{ basis_points('close_slippage_units', 'close_units', 'close_divisor') }}
            as slippage_close_bps,

        quoted_spread,
        effective_spread,
        realized_spread,
        effective_spread - realized_spread as price_impact,

        trading_delay_cost,
        opportunity_delay_cost,
        trading_delay_cost + opportunity_delay_cost as delay_cost,
        delay_reason,
        trading_cost,
        trading_reason,
        opportunity_cost,
        opportunity_reason,
        fees,
        fees_reason,
        implementation_shortfall,
        {{ basis_points('shortfall_units', 'paper_units') }}
            as implementation_shortfall_bps,
        shortfall_reason,
        trading_cost + opportunity_cost + fees as market_activity_shortfall,
        paper_notional,
        paper_return,
        actual_return,
        return_reason,
        settlement_currency as currency
    from divisible
)

select * from final
