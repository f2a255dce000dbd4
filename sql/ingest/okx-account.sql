-- OKX balances and positions, as GET /api/v5/account/balance and /api/v5/account/positions answer
-- them, and the account and positions streams send them. Loaded `--as statement`.
--
-- A balance is the cash balance of a currency (cashBal), without what open positions have made. A
-- position is counted in contracts, below zero where it is short; of several of one instrument, as
-- of both sides or margin modes, the sum. Each is of the moment it was last updated. Derivatives
-- must be declared, as no row tells a contract's size; margin positions of a pair are passed over,
-- as they are in its balances.
--
-- shape: balance
-- reads: json
-- recognised by: details+totalEq, instId+pos+mgnMode
-- records: data
-- venue: okx
-- macros: okx

with positions as (
    select
        *,
        record ->> '$.instId' as symbol,
        case when record ->> '$.posSide' = 'short' then ingest_negated(record ->> '$.pos')
            else record ->> '$.pos' end as amount,
        count(*) over (partition by row_id >> 40, record ->> '$.instId') as parts
    from ingest_raw
    where record ->> '$.instId' is not null
        and not okx_is_spot(record ->> '$.instId')
),

details as (
    select
        row_id,
        record,
        unnest(cast(record -> '$.details' as json[])) as d
    from ingest_raw
    where json_type(record -> '$.details') = 'ARRAY'
),

final as (
    select
        row_id,
        'BALANCE' as kind,
        d ->> '$.ccy' as currency,
        d ->> '$.cashBal' as amount,
        coalesce(nullif(d ->> '$.uTime', ''), nullif(record ->> '$.uTime', '')) as stated_at
    from details
    union all by name
    select
        row_id,
        'POSITION' as kind,
        symbol,
        -- each part tells the whole: they are one fact
        case
            when parts = 1 then amount
            else cast(
                sum(ingest_decimal(amount)) over (partition by row_id >> 40, symbol) as varchar
            )
        end as amount,
        case when parts = 1 then ingest_unless_zero(record ->> '$.avgPx') end as average_price,
        max(record ->> '$.uTime') over (partition by row_id >> 40, symbol) as stated_at
    from positions
    union all by name
    select
        row_id,
        'not_a_balance it has neither details nor instId and pos' as refusal
    from ingest_raw
    where coalesce(json_type(record -> '$.details'), '') <> 'ARRAY'
        and record ->> '$.instId' is null
)

select * from final
