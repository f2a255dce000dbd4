-- One row per fill that counts: a trade nobody amended, or the newest correction of one.
{{ config(changed=is_changed_fill()) }}
-- few, so read twice: a CTE that is kept whole stands in the way of what a reader asks for
with amendments as not materialized (
    select
        fill_id,
        corrects_fill_id,
        kind,
        row_number() over (
            partition by corrects_fill_id
            order by {{ newest_amendment_first() }}
        ) as recency
    from {{ ref('stg_order_fills') }}
    where corrects_fill_id is not null
),

-- amended fills, busts, and corrections that a newer correction or bust of the same fill replaced
void as (
    select corrects_fill_id as fill_id from amendments
    union all
    select fill_id from amendments
    where kind = 'BUST' or recency > 1
),

final as (
    select
        fills.fill_id,
        fills.order_id,
        fills.account_id,
        fills.instrument_id,
        fills.exchange_fill_id,
        fills.venue,
        fills.side,
        fills.liquidity,
        fills.quantity,
        fills.price,
        fills.fee_amount,
        fills.fee_currency,
        fills.executed_at,
        fills.recorded_at,
        fills.source_row
    from {{ ref('stg_order_fills') }} as fills
    left join void on fills.fill_id = void.fill_id
    where void.fill_id is null
)

select * from final
