-- One row per lot that is still open: a fill with what is left of it, or an average-cost position.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale=of_changed_books('open_lots', 'open_lots.account_id = changed.account_id '
        ~ 'and open_lots.instrument_id = changed.instrument_id '
        ~ 'and changed.changed_from <= open_lots.opened_at')
        ~ ' or fill_id in (select fill_id from ' ~ (ref('int_rematched_fills') | string) ~ ')',
) }}
{% set all_fills, rematched_fills = ref('int_book_fills'), ref('int_rematched_fills') -%}
{% set book_fills = rematched_fills if is_incremental() else all_fills -%}
-- read twice, of one kind of book or the other: kept whole it would be all fills once more
with fills as not materialized (
    select
        fills.*,
        {{ book_fill_key('fills.book_key', 'fills.side_seq') }} as fill_key,
        books.account_id,
        books.instrument_id,
        books.settlement_currency,
        books.is_inverse,
        books.multiplier,
        books.pnl_method
    from {{ book_fills }} as fills
    inner join {{ ref('int_books') }} as books on fills.book_key = books.book_key
),

{% if is_incremental() -%}
traded as (
    select
        *,
        matched_quantity as closed_quantity
    from fills
    where pnl_method = 'fifo'
        and quantity > 0
),

{% else -%}
totals as (
    select
        book_key,
        is_buy,
        max(cumulative_quantity) as total_quantity
    from {{ book_fills }}
    group by book_key, is_buy
),

traded as (
    select
        fills.*,
        coalesce(others.total_quantity, 0) as closed_quantity
    from fills
    left join totals as others
        on fills.book_key = others.book_key
        and fills.is_buy <> others.is_buy
    where fills.pnl_method = 'fifo'
        and fills.quantity > 0
),

{% endif -%}
-- first in, first out, units beyond all that the other side traded were never closed
remaining as (
    select
        *,
        case
            when cumulative_quantity - closed_quantity < quantity
                then cumulative_quantity - closed_quantity
            else quantity
        end as open_quantity
    from traded
    where cumulative_quantity > closed_quantity
),

kept as (
    select
        coalesce(buy_key, sell_key) as fill_key,
        buy_key is not null as is_buy,
        pool_cost,
        {{ from_units(units_of_count('quantity')) }} as open_quantity,
        {{ from_units(units_of_count('pool_fee')) }} as pool_fee
    from {{ ref('int_lots_sequential') }}
    where (buy_key is null or sell_key is null)
        {%- if is_incremental() %}
        and book_key in (select book_key from fills)
        {%- endif %}
),

lots as (
    select
        *,
        cast(null as decimal(38, 0)) as pool_cost,
        cast(null as decimal(38, 12)) as pool_fee
    from remaining
    union all
    select
        fills.*,
        cast(null as decimal(38, 12)) as closed_quantity,
        kept.open_quantity,
        kept.pool_cost,
        kept.pool_fee
    from kept
    inner join fills
        on kept.fill_key = fills.fill_key
        and kept.is_buy = fills.is_buy
),

sized as (
    select
        *,
        {{ contract_size('open_quantity', 'multiplier') }} as size,
        {{ pool_cost('pool_cost') }} as cost
    from lots
),

priced as (
    select
        *,
        case
            when pool_cost is null then price
            else {{ pooled_price('is_inverse', 'size', 'cost') }}
        end as open_price
    from sized
),

final as (
    select
        account_id,
        instrument_id,
        fill_id,
        order_id,
        case when is_buy then 'LONG' else 'SHORT' end as direction,
        open_quantity as quantity,
        open_price,
        executed_at as opened_at,
        case
            when pool_cost is not null then round(cost, 12)
            when is_inverse then {{ divide('size', 'price') }}
            else {{ multiply('price', 'size') }}
        end as open_cost,
        case
            when pool_cost is not null then pool_fee
            else fee - {{ prorate('fee', '(quantity - open_quantity)', 'quantity') }}
        end as opening_fee,
        settlement_currency as currency,
        pnl_method
    from priced
)

select * from final
