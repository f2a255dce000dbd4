-- One row per position the venue states that implies fills from before what the ledger knows.
-- Source of the implied price: the cost of the position stated, less that of the position the
-- ledger has, over the quantity between them (NautilusTrader, calculate_reconciliation_price).
with positions as (
    select
        positions.*,
        instruments.is_inverse,
        -positions.difference as adjusted_quantity,
        'POSITION:' || positions.venue || ':' || positions.account_id || ':' || positions.subject
            as break_id
    from {{ ref('int_position_breaks') }} as positions
    inner join {{ ref('stg_instruments') }} as instruments
        on positions.instrument_id = instruments.instrument_id
),

-- a difference that a break of a fill explains implies none
explained as (
    select distinct
        venue,
        account_id,
        instrument_id
    from {{ ref('exchange_reconciliation') }}
    where exchange_fill_id is not null
        and break_type in (
            'MISSING_LOCAL', 'MISSING_EXCHANGE', 'QUANTITY', 'DUPLICATE_FILL'
        )
),

implied as (
    select positions.*
    from positions
    inner join {{ ref('exchange_reconciliation') }} as breaks
        on positions.break_id = breaks.break_id
    left join explained
        on positions.venue = explained.venue
        and positions.account_id = explained.account_id
        and positions.instrument_id = explained.instrument_id
    where explained.venue is null
),

first_implied as (
    select min(stated_at) as stated_at from implied
    -- no row: then no match has to be looked at
    having min(stated_at) is not null
),

-- what the ledger held at that moment, lot by lot
held as (
    select
        implied.break_id,
        implied.is_inverse,
        lots.direction,
        lots.quantity,
        lots.open_price
    from implied
    inner join {{ ref('open_lots') }} as lots
        on implied.account_id = lots.account_id
        and implied.instrument_id = lots.instrument_id
        and lots.opened_at <= implied.stated_at
    union all
    select
        implied.break_id,
        implied.is_inverse,
        matches.direction,
        matches.quantity,
        matches.open_price
    from implied
    inner join {{ ref('lot_matches') }} as matches
        on implied.account_id = matches.account_id
        and implied.instrument_id = matches.instrument_id
        and matches.opened_at <= implied.stated_at
        and matches.closed_at > implied.stated_at
    -- what was closed before all of them is left out before it is joined
    inner join first_implied on matches.closed_at > first_implied.stated_at
),

costs as (
    select
        break_id,
        sum(
            case when direction = 'LONG' then 1 else -1 end
            * case
                when is_inverse then {{ divide('quantity', 'open_price') }}
                else {{ multiply('quantity', 'open_price') }}
            end
        ) as cost
    from held
    group by break_id
),

first_fills as (
    select
        implied.break_id,
        min(fills.executed_at) as executed_at
    from implied
    inner join {{ ref('stg_order_fills') }} as fills
        on implied.account_id = fills.account_id
        and implied.instrument_id = fills.instrument_id
        and implied.stated_at >= fills.executed_at
    group by implied.break_id
),

differences as (
    select
        implied.*,
        first_fills.executed_at as first_executed_at,
        case
            when implied.is_inverse
                then {{ divide('implied.stated_amount', 'implied.average_price') }}
            else {{ multiply('implied.stated_amount', 'implied.average_price') }}
        end - coalesce(costs.cost, 0) as adjusted_cost
    from implied
    left join costs on implied.break_id = costs.break_id
    left join first_fills on implied.break_id = first_fills.break_id
),

-- one quotient for both: the SQL of an exact division is long
divided as (
    select
        *,
        case when is_inverse then adjusted_quantity else adjusted_cost end as dividend,
        case when is_inverse then adjusted_cost else adjusted_quantity end as divisor
    from differences
),

priced as (
    select
        *,
        case
            when average_price is null then null
            -- turned round since: what is held was bought, or sold, at the stated price
            when our_amount = 0 or stated_amount = 0 or (our_amount > 0) <> (stated_amount > 0)
                then average_price
            else {{ divide('dividend', 'divisor') }}
        end as implied_price
    from divided
),

final as (
    select
        break_id,
        venue,
        account_id,
        instrument_id,
        statement_id,
        case when adjusted_quantity > 0 then 'BUY' else 'SELL' end as side,
        abs(adjusted_quantity) as quantity,
        -- costs that no earlier fill can have come to
        case when implied_price > 0 then implied_price end as implied_price,
        coalesce(first_executed_at, stated_at) as held_before,
        stated_at
    from priced
)

select * from final
