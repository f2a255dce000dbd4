-- One row per order with an effective fill: what it traded and what that cost.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale='order_id in (select order_id from ' ~ ref('int_changed_orders') ~ ')',
) }}
with fills as (
    select
        *,
        {{ contract_size('quantity', 'multiplier') }} as size,
        {{ short_product('quantity', 'price') }} as short_value,
        case when fee_currency <> settlement_currency then fee_currency end as odd_currency
    from {{ ref('int_fills_costed') }}
    {%- if is_incremental() %}
    where {{ is_of_order_in(ref('int_changed_orders')) }}
    {%- endif %}
),

totals as (
    select
        order_id,
        min(book_key) as book_key,
        count(*) as fill_count,
        sum(quantity) as filled_quantity,
        sum({{ rounded_product('quantity', 'price', 'short_value') }}) as value,
        sum({{ product_rest('quantity', 'price', 'short_value') }}) as value_rest,
        sum(case when not is_inverse and multiplier <> 1 then size * price end)
            as multiplied_value,
        sum(case when is_inverse then {{ divide('size', 'price') }} else 0 end)
            as inverse_notional,
        count(odd_currency) = count(fee_currency) and min(odd_currency) = max(odd_currency)
            as is_odd_throughout,
        min(odd_currency) as odd_currency,
        sum(fee_amount) as fee_amount,
        sum(case when fee_amount < 0 then -fee_amount else 0 end) as rebate_amount,
        {{ sum_known('fee_settlement') }} as fee_settlement,
        sum(case when fee_settlement < 0 then -fee_settlement else 0 end)
            as rebate_settlement,
        sum(case when liquidity = 'MAKER' then quantity else 0 end) as maker_quantity,
        sum(case when liquidity = 'TAKER' then quantity else 0 end) as taker_quantity,
        min(executed_at) as first_filled_at,
        max(executed_at) as last_filled_at
    from fills
    group by order_id
),

booked as (
    select
        totals.*,
        books.account_id,
        books.instrument_id,
        books.settlement_currency,
        -- one currency throughout is reported as it was charged
        coalesce(totals.is_odd_throughout, false) as is_odd,
        case
            when books.is_inverse then totals.inverse_notional
            when books.multiplier <> 1 then round(totals.multiplied_value, 12)
            else {{ rounded_sum('totals.value', 'totals.value_rest') }}
        end as notional
    from totals
    inner join {{ ref('int_books') }} as books
        on totals.book_key = books.book_key
),

counted as (
    select
        *,
        case when value_rest = 0 then {{ units('value') }} end as value_units,
        {{ units('filled_quantity') }} as quantity_units,
        {{ units('fee_settlement') }} as fee_units,
        {{ units('abs(notional)') }} as notional_units
    from booked
),

divisible as (
    select
        *,
        {{ divisor('quantity_units') }} as quantity_divisor
    from counted
),

final as (
    select
        order_id,
        account_id,
        instrument_id,
        fill_count,
        filled_quantity,
        coalesce(
            {{ from_units(divide_units('value_units', 'quantity_units', 'quantity_divisor')) }},
            {{ mean_price('value', 'value_rest', 'filled_quantity') }}
        ) as average_fill_price,
        notional,
        case when is_odd then fee_amount else fee_settlement end as fee_total,
        case when is_odd then odd_currency else settlement_currency end as fee_currency,
        fee_settlement as fee_total_settlement,
        fee_settlement is not null as is_fee_converted,
        settlement_currency,
        {{ basis_points('fee_units', 'notional_units') }} as fee_rate_bps,
        maker_quantity,
        taker_quantity,
        case
            when is_odd then rebate_amount
            when fee_settlement is not null then rebate_settlement
        end as rebates,
        first_filled_at,
        last_filled_at
    from divisible
)

select * from final
