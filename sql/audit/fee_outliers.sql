-- Fills whose fee is not what the schedule says, or far from what the venue usually takes.
--
-- A fee is compared in settlement currency with the fill's value times a rate. SCHEDULE: the rate
-- that fee_schedules had for it when it traded, within that row's tolerance. MEDIAN: the median of
-- fee_rate_bps of the orders of the same venue and instrument type that were makers alone or takers
-- alone, as the fill was, where there are `least_orders` of them at least; of an even number the
-- lower of the two in the middle. A fill whose fee is not known in settlement currency is left out.
--
-- Columns:
--   fill_id uuid: the fill
--   order_id uuid: its order
--   account_id text: the account
--   instrument_id text: the instrument
--   venue text: where it traded
--   liquidity text: MAKER or TAKER; null where the venue does not say
--   executed_at timestamp: when it traded, UTC
--   quantity decimal(38, 12): base units or contracts
--   price decimal(38, 12): quote units
--   fee_settlement decimal(38, 12): its fee, settlement currency; negative is a rebate
--   settlement_currency text: that currency
--   order_fee_bps decimal(38, 12): all fees of its order over all the order traded, basis points
--   schedule_bps decimal(38, 12): the schedule's rate, basis points; null where no row covers it
--   median_bps decimal(38, 12): the median, basis points; null where too few orders make one
--   is_off_schedule boolean: further from the schedule than its tolerance
--   is_off_median boolean: further from the median than `limit_bps`
-- Parameters:
--   limit_bps decimal(38, 12), default 1: so far from the median is no outlier, basis points
--   least_orders bigint, default 5: orders that a median takes
with params as (
    select
        cast(1 as decimal(38, 12)) as limit_bps,
        cast(5 as bigint) as least_orders
),

-- an inverse contract's value is size / price: both sides are multiplied by price instead
fills as (
    select
        costed.*,
        books.account_id,
        books.instrument_id,
        books.instrument_type,
        case
            when costed.is_inverse then round(costed.quantity * costed.multiplier, 12)
            when costed.multiplier = 1 then round(costed.quantity * costed.price, 12)
            else round(round(costed.quantity * costed.multiplier, 12) * costed.price, 12)
        end as base,
        case
            when costed.is_inverse then round(costed.fee_settlement * costed.price, 12)
            else costed.fee_settlement
        end as scaled_fee
    from int_fills_costed as costed
    inner join int_books as books on costed.book_key = books.book_key
    where costed.fee_settlement is not null
),

scheduled as (
    select
        fills.fill_id,
        schedules.rate_bps,
        cast(schedules.rate_bps * 0.0001 as decimal(38, 12)) as rate,
        case
            when fills.is_inverse then round(schedules.tolerance * fills.price, 12)
            else schedules.tolerance
        end as scaled_tolerance,
        row_number() over (
            partition by fills.fill_id
            order by
                schedules.instrument_id = '*',
                schedules.account_id = '*',
                schedules.fee_currency = '*',
                schedules.liquidity = '*',
                schedules.instrument_type = '*',
                schedules.valid_from desc
        ) as place
    from fills
    inner join fee_schedules as schedules
        on fills.venue = schedules.venue
        and schedules.account_id in (fills.account_id, '*')
        and schedules.instrument_id in (fills.instrument_id, '*')
        and schedules.instrument_type in (fills.instrument_type, '*')
        and schedules.liquidity in (coalesce(fills.liquidity, '*'), '*')
        and schedules.fee_currency in (
            coalesce(fills.fee_currency, fills.settlement_currency), '*'
        )
        and fills.executed_at >= schedules.valid_from
        and (schedules.valid_to is null or fills.executed_at < schedules.valid_to)
),

rated as (
    select
        orders.venue,
        instruments.instrument_type,
        case when costs.maker_quantity > 0 then 'MAKER' else 'TAKER' end as liquidity,
        costs.order_id,
        costs.fee_rate_bps
    from order_costs as costs
    inner join orders on costs.order_id = orders.order_id
    inner join stg_instruments as instruments on costs.instrument_id = instruments.instrument_id
    where costs.fee_rate_bps is not null
        and costs.filled_quantity in (costs.maker_quantity, costs.taker_quantity)
),

ordered as (
    select
        *,
        row_number() over (
            partition by venue, instrument_type, liquidity order by fee_rate_bps, order_id
        ) as place,
        count(*) over (partition by venue, instrument_type, liquidity) as order_count
    from rated
),

medians as (
    select
        ordered.venue,
        ordered.instrument_type,
        ordered.liquidity,
        ordered.fee_rate_bps as median_bps,
        cast(ordered.fee_rate_bps * 0.0001 as decimal(38, 12)) as median
    from ordered
    cross join params
    where ordered.place = (ordered.order_count + 1) // 2
        and ordered.order_count >= params.least_orders
),

compared as (
    select
        fills.*,
        scheduled.rate_bps as schedule_bps,
        medians.median_bps,
        abs(fills.scaled_fee - round(fills.base * scheduled.rate, 12))
        > scheduled.scaled_tolerance as is_off_schedule,
        abs(fills.scaled_fee - round(fills.base * medians.median, 12))
        > abs(round(fills.base * cast(params.limit_bps * 0.0001 as decimal(38, 12)), 12))
            as is_off_median
    from fills
    cross join params
    left join scheduled on fills.fill_id = scheduled.fill_id and scheduled.place = 1
    left join medians
        on fills.venue = medians.venue
        and fills.instrument_type = medians.instrument_type
        and fills.liquidity = medians.liquidity
),

final as (
    select
        compared.fill_id,
        compared.order_id,
        compared.account_id,
        compared.instrument_id,
        compared.venue,
        compared.liquidity,
        compared.executed_at,
        compared.quantity,
        compared.price,
        compared.fee_settlement,
        compared.settlement_currency,
        costs.fee_rate_bps as order_fee_bps,
        compared.schedule_bps,
        compared.median_bps,
        coalesce(compared.is_off_schedule, false) as is_off_schedule,
        coalesce(compared.is_off_median, false) as is_off_median
    from compared
    left join order_costs as costs on compared.order_id = costs.order_id
    where compared.is_off_schedule or compared.is_off_median
)

select * from final
order by executed_at, fill_id
