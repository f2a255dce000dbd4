-- The orders whose execution was furthest from the market, to the trader's cost.
--
-- Measured against the mid when the order was asked for; where that is not known, against the mid
-- when it was sent. Definitions are in docs/execution.md. Orders that cost nothing against the
-- market, and those without a benchmark, are left out.
--
-- Columns:
--   place bigint: 1 for the largest
--   order_id uuid: the order
--   account_id text: the account
--   instrument_id text: the instrument
--   side text: BUY or SELL
--   filled_quantity decimal(38, 12): base units or contracts
--   average_fill_price decimal(38, 12): quote units
--   benchmark text: ARRIVAL or SENT: which mid it is measured against
--   benchmark_mid decimal(38, 12): that mid, quote units
--   slippage_bps decimal(38, 12): basis points of that mid; positive is a cost
--   implementation_shortfall decimal(38, 12): settlement currency; null where it is not known
--   currency text: the settlement currency
--   first_filled_at timestamp: its first fill, UTC
-- Parameters:
--   above_bps decimal(38, 12), default 0: only slippage above this, basis points
--   at_most bigint, default 20: so many orders
with params as (
    select
        cast(0 as decimal(38, 12)) as above_bps,
        cast(20 as bigint) as at_most
),

measured as (
    select
        *,
        coalesce(slippage_arrival_bps, slippage_sent_bps) as slippage_bps
    from order_slippage
),

ranked as (
    select
        measured.*,
        row_number() over (
            order by measured.slippage_bps desc, measured.order_id
        ) as place
    from measured
    cross join params
    where measured.slippage_bps > params.above_bps
),

final as (
    select
        ranked.place,
        ranked.order_id,
        ranked.account_id,
        ranked.instrument_id,
        ranked.side,
        ranked.filled_quantity,
        ranked.average_fill_price,
        case when ranked.slippage_arrival_bps is null then 'SENT' else 'ARRIVAL' end as benchmark,
        case
            when ranked.slippage_arrival_bps is null then ranked.sent_mid
            else ranked.arrival_mid
        end as benchmark_mid,
        ranked.slippage_bps,
        ranked.implementation_shortfall,
        ranked.currency,
        ranked.first_filled_at
    from ranked
    cross join params
    where ranked.place <= params.at_most
)

select * from final
order by place
