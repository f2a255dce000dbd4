-- One row per fill that counts: a trade nobody amended, or the newest correction of one.
with amendments as (
    select
        fill_id,
        corrects_fill_id,
        kind,
        row_number() over (
            partition by corrects_fill_id
            order by recorded_at desc, fill_id desc
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
        fill_id,
        order_id,
        account_id,
        instrument_id,
        exchange_fill_id,
        venue,
        side,
        liquidity,
        quantity,
        price,
        fee_amount,
        fee_currency,
        executed_at,
        recorded_at
    from {{ ref('stg_order_fills') }} as fills
    where not exists (
        select 1 from void
        where void.fill_id = fills.fill_id
    )
)

select * from final
