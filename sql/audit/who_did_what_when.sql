-- Every act that names who did it, in the order of time.
--
-- Requests by their trader, events of orders by their actor, the kill switch, resolutions of
-- breaks, terms stated anew, and what traders did at the desk. Who appended a batch is not a fact:
-- its source is in ledger_batches.
--
-- Columns:
--   occurred_at timestamp: when, UTC
--   actor text: who or what
--   act text: what was done: REQUESTED, an event's type, KILL_SWITCH_ON, KILL_SWITCH_OFF,
--     ACKNOWLEDGE, ADOPT, DISMISS, RESTATED, CLICK, CANCEL, JOURNAL, LOGIN, LOGOUT, TILT_RESPONSE
--   subject text: the kind of thing it was done to: REQUEST, ORDER, BREAK, ACCOUNT, INSTRUMENT or
--     ALL_ACCOUNTS
--   subject_id text: its id; null of ALL_ACCOUNTS
--   account_id text: the account, where the act names one
--   details text: the reason, entry or answer, in the words of the fact
--   recorded_at timestamp: when the ledger learned it, UTC
--   batch_id bigint: the batch it came with
-- Parameters:
--   actor text, default null: acts of this actor alone
--   since timestamp, default null: at this moment or later, UTC; null: from the first
--   until timestamp, default null: before this moment, UTC; null: to the last
with params as (
    select
        cast(null as text) as actor,
        cast(null as timestamp) as since,
        cast(null as timestamp) as until
),

acts as (
    select
        requested_at as occurred_at,
        trader_id as actor,
        'REQUESTED' as act,
        'REQUEST' as subject,
        cast(order_request_id as text) as subject_id,
        account_id,
        client_request_id as details,
        recorded_at,
        batch_id
    from order_requests
    union all
    select
        events.occurred_at,
        events.actor,
        events.event_type,
        case when events.order_id is null then 'REQUEST' else 'ORDER' end,
        cast(coalesce(events.order_id, events.order_request_id) as text),
        coalesce(orders.account_id, requests.account_id),
        events.reason,
        events.recorded_at,
        events.batch_id
    from order_events as events
    left join orders on events.order_id = orders.order_id
    left join order_requests as requests
        on events.order_request_id = requests.order_request_id
    union all
    select
        occurred_at,
        actor,
        case when enabled then 'KILL_SWITCH_ON' else 'KILL_SWITCH_OFF' end,
        case when account_id is null then 'ALL_ACCOUNTS' else 'ACCOUNT' end,
        account_id as subject_id,
        account_id,
        reason,
        recorded_at,
        batch_id
    from kill_switch_events
    union all
    select
        occurred_at,
        actor,
        action,
        'BREAK',
        break_id,
        null,
        reason,
        recorded_at,
        batch_id
    from break_resolutions
    union all
    select
        restated_at,
        actor,
        'RESTATED',
        'ACCOUNT',
        account_id as subject_id,
        account_id,
        reason,
        recorded_at,
        batch_id
    from account_restatements
    union all
    select
        restated_at,
        actor,
        'RESTATED',
        'INSTRUMENT',
        instrument_id,
        null,
        reason,
        recorded_at,
        batch_id
    from instrument_restatements
    union all
    select
        occurred_at,
        trader_id,
        kind,
        case when order_id is null then 'ACCOUNT' else 'ORDER' end,
        case when order_id is null then account_id else cast(order_id as text) end,
        account_id,
        entry,
        recorded_at,
        batch_id
    from trader_activity
    union all
    select
        responses.occurred_at,
        accounts.trader_id,
        'TILT_RESPONSE',
        'ACCOUNT',
        responses.account_id as subject_id,
        responses.account_id,
        responses.response,
        responses.recorded_at,
        responses.batch_id
    from tilt_responses as responses
    left join stg_accounts as accounts on responses.account_id = accounts.account_id
),

final as (
    select acts.*
    from acts
    cross join params
    where acts.actor is not null
        and (params.actor is null or acts.actor = params.actor)
        and (params.since is null or acts.occurred_at >= params.since)
        and (params.until is null or acts.occurred_at < params.until)
)

select * from final
order by occurred_at, recorded_at, act, subject_id, actor
