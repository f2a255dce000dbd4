-- One row per difference between an effective fill and the execution the venue reports.
with compared as (
    select
        coalesce(ours.venue, theirs.venue) as venue,
        coalesce(ours.account_id, theirs.account_id) as account_id,
        coalesce(ours.instrument_id, theirs.instrument_id) as instrument_id,
        coalesce(ours.matching_id, theirs.exchange_fill_id) as exchange_fill_id,
        coalesce(ours.side, theirs.side) as side,
        coalesce(ours.occurrence, theirs.occurrence) as occurrence,
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
    from {{ ref('int_ledger_fills_reported') }} as ours
    full outer join {{ ref('int_statement_fills_latest') }} as theirs
        on ours.venue = theirs.venue
        and ours.account_id = theirs.account_id
        and ours.instrument_id = theirs.instrument_id
        and ours.side = theirs.side
        and ours.matching_id = theirs.exchange_fill_id
        and ours.occurrence = theirs.occurrence
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

break_types as (
    select distinct break_type from {{ ref('reconciliation_tolerances') }}
),

paired as (
    select
        differing.*,
        break_types.break_type
    from differing
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
        our_recorded_at,
        their_recorded_at
    from paired
)

select * from final
