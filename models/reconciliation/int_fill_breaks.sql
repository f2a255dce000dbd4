-- One row per difference between an effective fill and the execution the venue reports.
with compared as (
    select
        coalesce(ours.venue, theirs.venue) as venue,
        coalesce(ours.account_id, theirs.account_id) as account_id,
        coalesce(ours.instrument_id, theirs.instrument_id) as instrument_id,
        coalesce(ours.matching_id, theirs.exchange_fill_id) as exchange_fill_id,
        coalesce(ours.side, theirs.side) as side,
        coalesce(ours.occurrence, theirs.occurrence) as occurrence,
        coalesce(theirs.executed_at, ours.executed_at) as executed_at,
        theirs.statement_id,
        theirs.exchange_order_id,
        ours.order_id,
        ours.fill_id,
        ours.quantity as our_quantity,
        theirs.quantity as their_quantity,
        ours.price as our_price,
        theirs.price as their_price,
        ours.fee_amount as our_fee,
        theirs.fee_amount as their_fee,
        ours.fee_currency as our_fee_currency,
        theirs.fee_currency as their_fee_currency,
        ours.matching_id as our_id,
        theirs.exchange_fill_id as their_id,
        ours.recorded_at as our_recorded_at,
        coalesce(theirs.recorded_at, ours.covered_at) as their_recorded_at
    from {{ full_outer_join(
        ref('int_ledger_fills_reported'),
        ref('int_statement_fills_latest'),
        [
            'venue', 'account_id', 'instrument_id', 'side',
            ['matching_id', 'exchange_fill_id'], 'occurrence',
        ],
        ['ours', 'theirs'],
    ) }}
),

differing as (
    select
        *,
        coalesce(our_fee_currency, '') = coalesce(their_fee_currency, '')
            as is_same_fee_currency
    from compared
    where our_id is null
        or their_id is null
        or occurrence > 1
        or our_quantity <> their_quantity
        or our_price <> their_price
        or our_fee <> their_fee
        or coalesce(our_fee_currency, '') <> coalesce(their_fee_currency, '')
),

tellings as (
    select
        statements.statement_id,
        statements.venue,
        statements.account_id,
        fills.instrument_id,
        fills.side,
        fills.exchange_fill_id,
        fills.quantity,
        fills.price,
        fills.fee_amount,
        fills.fee_currency
    from {{ ref('stg_statement_fills') }} as fills
    inner join {{ ref('stg_statements') }} as statements
        on fills.statement_id = statements.statement_id
    where fills.exchange_fill_id in (select exchange_fill_id from differing)
),

-- each statement that tells of it, or should: does it say what the latest says?
observations as (
    select
        differing.venue,
        differing.account_id,
        differing.instrument_id,
        differing.side,
        differing.exchange_fill_id,
        statements.statement_id,
        statements.recorded_at,
        case
            when tellings.statement_id is null then differing.their_id is null
            else coalesce(
                differing.their_quantity = tellings.quantity
                and differing.their_price = tellings.price
                and differing.their_fee = tellings.fee_amount
                and coalesce(differing.their_fee_currency, '')
                = coalesce(tellings.fee_currency, ''),
                false
            )
        end as says_the_same
    from differing
    inner join {{ ref('int_fill_statements') }} as statements
        on differing.venue = statements.venue
        and differing.account_id = statements.account_id
    left join tellings
        on statements.statement_id = tellings.statement_id
        and differing.instrument_id = tellings.instrument_id
        and differing.side = tellings.side
        and differing.exchange_fill_id = tellings.exchange_fill_id
    where tellings.statement_id is not null
        or (
            (
                statements.instrument_id is null
                or statements.instrument_id = differing.instrument_id
            )
            and differing.executed_at >= statements.period_start
            and differing.executed_at < statements.period_end
        )
),

changed as (
    select
        *,
        max(case when not says_the_same then recorded_at end) over (
            partition by venue, account_id, instrument_id, side, exchange_fill_id
        ) as changed_at,
        first_value(statement_id) over (
            partition by venue, account_id, instrument_id, side, exchange_fill_id
            order by recorded_at desc, statement_id desc
            rows between unbounded preceding and current row
        ) as latest_statement_id
    from observations
),

first_said as (
    select
        venue,
        account_id,
        instrument_id,
        side,
        exchange_fill_id,
        -- the same on each row
        max(latest_statement_id) as latest_statement_id,
        min(recorded_at) as first_said_at
    from changed
    where says_the_same
        and (changed_at is null or recorded_at > changed_at)
    group by venue, account_id, instrument_id, side, exchange_fill_id
),

break_types as (
    select distinct break_type from {{ ref('reconciliation_tolerances') }}
),

paired as (
    select
        differing.*,
        coalesce(first_said.first_said_at, differing.their_recorded_at) as first_said_at,
        coalesce(differing.statement_id, first_said.latest_statement_id) as telling_id,
        break_types.break_type
    from differing
    left join first_said
        on differing.venue = first_said.venue
        and differing.account_id = first_said.account_id
        and differing.instrument_id = first_said.instrument_id
        and differing.side = first_said.side
        and differing.exchange_fill_id = first_said.exchange_fill_id
    cross join break_types
    where case
            when occurrence > 1 then break_type = 'DUPLICATE_FILL'
            when our_id is null then break_type = 'MISSING_LOCAL'
            when their_id is null then break_type = 'MISSING_EXCHANGE'
            when break_type = 'QUANTITY' then our_quantity <> their_quantity
            when break_type = 'PRICE' then our_price <> their_price
            -- amounts in two currencies have no difference
            when break_type = 'FEE' then our_fee <> their_fee and is_same_fee_currency
            when break_type = 'FEE_CURRENCY' then not is_same_fee_currency
            else false
        end
),

final as (
    select
        break_type,
        venue,
        account_id,
        instrument_id,
        order_id,
        fill_id,
        exchange_order_id,
        exchange_fill_id,
        side || ':' || exchange_fill_id || '#' || cast(occurrence as text) as subject,
        their_fee_currency as fee_currency,
        case break_type
            when 'QUANTITY' then cast(our_quantity as text)
            when 'PRICE' then cast(our_price as text)
            when 'FEE' then cast(our_fee as text)
            when 'FEE_CURRENCY' then our_fee_currency
            else our_id
        end as ledger_value,
        case break_type
            when 'QUANTITY' then cast(their_quantity as text)
            when 'PRICE' then cast(their_price as text)
            when 'FEE' then cast(their_fee as text)
            when 'FEE_CURRENCY' then their_fee_currency
            else their_id
        end as exchange_value,
        case break_type
            when 'QUANTITY' then our_quantity - their_quantity
            when 'PRICE' then our_price - their_price
            when 'FEE' then our_fee - their_fee
        end as difference,
        telling_id as statement_id,
        our_recorded_at,
        first_said_at as their_recorded_at
    from paired
)

select * from final
