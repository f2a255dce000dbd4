-- What people put into the ledger by hand: adjustments, amended fills, lots, terms, decided breaks.
--
-- Cash of kind ADJUSTMENT, corrections and busts of fills, the events that tell of them, lots
-- stated without a fill, terms of accounts and instruments stated anew, resolutions of breaks, and
-- every batch of kind ADJUSTMENT.
--
-- Columns:
--   kind text: CASH, FILL_CORRECTION, FILL_BUST, EVENT_CORRECTED, EVENT_BUSTED, EVENT_RESTATED,
--     OPENING_BALANCE, TRANSFER_IN, ACCOUNT_RESTATED, INSTRUMENT_RESTATED, BREAK_ACKNOWLEDGE,
--     BREAK_ADOPT, BREAK_DISMISS or BATCH
--   subject_id text: the fact; of a resolution the break
--   account_id text: the account, where the fact names one
--   instrument_id text: the instrument, where the fact names one
--   amount decimal(38, 12): cash, or the quantity of a fill or lot, in `unit`
--   unit text: the currency; of a quantity null, base units or contracts of the instrument
--   actor text: who did it, where the fact says so
--   reason text: why, where the fact says so
--   occurred_at timestamp: when it took place, UTC
--   recorded_at timestamp: when the ledger learned it, UTC
--   batch_id bigint: the batch it came with
--   source text: the file, seed or program it came from
-- Parameters:
--   since timestamp, default null: recorded at this moment or later, UTC; null: from the first
--   until timestamp, default null: recorded before this moment, UTC; null: to the last
with params as (
    select
        cast(null as timestamp) as since,
        cast(null as timestamp) as until
),

adjustments as (
    select
        'CASH' as kind,
        cast(movement_id as text) as subject_id,
        account_id,
        instrument_id,
        amount,
        currency as unit,
        cast(null as text) as actor,
        reason,
        occurred_at,
        recorded_at,
        batch_id
    from cash_movements
    where kind = 'ADJUSTMENT'
    union all
    select
        'FILL_' || kind,
        cast(fill_id as text),
        account_id,
        instrument_id,
        quantity,
        null,
        null,
        null,
        executed_at,
        recorded_at,
        batch_id
    from order_fills
    where kind <> 'TRADE'
    union all
    select
        'EVENT_' || events.event_type,
        cast(events.event_id as text),
        orders.account_id,
        orders.instrument_id,
        events.order_quantity,
        null,
        events.actor,
        events.reason,
        events.occurred_at,
        events.recorded_at,
        events.batch_id
    from order_events as events
    left join orders on events.order_id = orders.order_id
    where events.event_type in ('CORRECTED', 'BUSTED', 'RESTATED')
    union all
    select
        'ACCOUNT_RESTATED',
        cast(restatement_id as text),
        account_id,
        null,
        null,
        null,
        actor,
        reason,
        restated_at,
        recorded_at,
        batch_id
    from account_restatements
    union all
    select
        'INSTRUMENT_RESTATED',
        cast(restatement_id as text),
        null,
        instrument_id,
        null,
        null,
        actor,
        reason,
        restated_at,
        recorded_at,
        batch_id
    from instrument_restatements
    union all
    select
        kind,
        cast(lot_id as text),
        account_id,
        instrument_id,
        quantity,
        null,
        null,
        reason,
        acquired_at,
        recorded_at,
        batch_id
    from opening_lots
    union all
    select
        'BREAK_' || action,
        break_id,
        null,
        null,
        null,
        null,
        actor,
        reason,
        occurred_at,
        recorded_at,
        batch_id
    from break_resolutions
    union all
    select
        'BATCH',
        cast(batch_id as text),
        null,
        null,
        null,
        null,
        null,
        null,
        recorded_at as occurred_at,
        recorded_at,
        batch_id
    from ledger_batches
    where kind = 'ADJUSTMENT'
),

final as (
    select
        adjustments.*,
        batches.source
    from adjustments
    cross join params
    left join ledger_batches as batches on adjustments.batch_id = batches.batch_id
    where (params.since is null or adjustments.recorded_at >= params.since)
        and (params.until is null or adjustments.recorded_at < params.until)
)

select * from final
order by recorded_at, kind, subject_id
