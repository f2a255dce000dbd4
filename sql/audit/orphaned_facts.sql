-- Facts that point to a fact the ledger does not have.
--
-- Every reference of the schema, batches included. SQLite's foreign keys and ingest's own proof let
-- none in: one that is found came past both, or what it points to was taken away.
--
-- Columns:
--   table_name text: the table of the fact
--   row_id text: its primary key, of several columns joined by a colon
--   column_name text: the column that points
--   missing_id text: what it points to
--   missing_from text: the table that does not have it
--   recorded_at timestamp: when the ledger learned the fact, UTC
--   batch_id bigint: the batch it came with
-- Parameters:
--   only_table text, default null: facts of this table alone
with params as (
    select cast(null as text) as only_table
),

orphans as (
    select
        'ledger_batch_tables' as table_name,
        cast(f.batch_id as text) || ':' || f.table_name as row_id,
        'batch_id' as column_name,
        cast(f.batch_id as text) as missing_id,
        'ledger_batches' as missing_from,
        f.recorded_at,
        f.batch_id
    from ledger_batch_tables as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'accounts', cast(f.account_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from accounts as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'account_tier_events', cast(f.tier_event_id as text), 'account_id',
        cast(f.account_id as text), 'accounts', f.recorded_at, f.batch_id
    from account_tier_events as f left join accounts as p on f.account_id = p.account_id
    where f.account_id is not null and p.account_id is null
    union all
    select 'account_tier_events', cast(f.tier_event_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from account_tier_events as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'instruments', cast(f.instrument_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from instruments as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'account_restatements', cast(f.restatement_id as text), 'account_id',
        cast(f.account_id as text), 'accounts', f.recorded_at, f.batch_id
    from account_restatements as f left join accounts as p on f.account_id = p.account_id
    where f.account_id is not null and p.account_id is null
    union all
    select 'account_restatements', cast(f.restatement_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from account_restatements as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'instrument_restatements', cast(f.restatement_id as text), 'instrument_id',
        cast(f.instrument_id as text), 'instruments', f.recorded_at, f.batch_id
    from instrument_restatements as f
    left join instruments as p on f.instrument_id = p.instrument_id
    where f.instrument_id is not null and p.instrument_id is null
    union all
    select 'instrument_restatements', cast(f.restatement_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from instrument_restatements as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'signals', cast(f.signal_id as text), 'account_id',
        cast(f.account_id as text), 'accounts', f.recorded_at, f.batch_id
    from signals as f left join accounts as p on f.account_id = p.account_id
    where f.account_id is not null and p.account_id is null
    union all
    select 'signals', cast(f.signal_id as text), 'instrument_id',
        cast(f.instrument_id as text), 'instruments', f.recorded_at, f.batch_id
    from signals as f left join instruments as p on f.instrument_id = p.instrument_id
    where f.instrument_id is not null and p.instrument_id is null
    union all
    select 'signals', cast(f.signal_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from signals as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'order_requests', cast(f.order_request_id as text), 'account_id',
        cast(f.account_id as text), 'accounts', f.recorded_at, f.batch_id
    from order_requests as f left join accounts as p on f.account_id = p.account_id
    where f.account_id is not null and p.account_id is null
    union all
    select 'order_requests', cast(f.order_request_id as text), 'instrument_id',
        cast(f.instrument_id as text), 'instruments', f.recorded_at, f.batch_id
    from order_requests as f left join instruments as p on f.instrument_id = p.instrument_id
    where f.instrument_id is not null and p.instrument_id is null
    union all
    select 'order_requests', cast(f.order_request_id as text), 'signal_id',
        cast(f.signal_id as text), 'signals', f.recorded_at, f.batch_id
    from order_requests as f left join signals as p on f.signal_id = p.signal_id
    where f.signal_id is not null and p.signal_id is null
    union all
    select 'order_requests', cast(f.order_request_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from order_requests as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'orders', cast(f.order_id as text), 'order_request_id',
        cast(f.order_request_id as text), 'order_requests', f.recorded_at, f.batch_id
    from orders as f left join order_requests as p on f.order_request_id = p.order_request_id
    where f.order_request_id is not null and p.order_request_id is null
    union all
    select 'orders', cast(f.order_id as text), 'account_id',
        cast(f.account_id as text), 'accounts', f.recorded_at, f.batch_id
    from orders as f left join accounts as p on f.account_id = p.account_id
    where f.account_id is not null and p.account_id is null
    union all
    select 'orders', cast(f.order_id as text), 'instrument_id',
        cast(f.instrument_id as text), 'instruments', f.recorded_at, f.batch_id
    from orders as f left join instruments as p on f.instrument_id = p.instrument_id
    where f.instrument_id is not null and p.instrument_id is null
    union all
    select 'orders', cast(f.order_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from orders as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'order_events', cast(f.event_id as text), 'order_id',
        cast(f.order_id as text), 'orders', f.recorded_at, f.batch_id
    from order_events as f left join orders as p on f.order_id = p.order_id
    where f.order_id is not null and p.order_id is null
    union all
    select 'order_events', cast(f.event_id as text), 'order_request_id',
        cast(f.order_request_id as text), 'order_requests', f.recorded_at, f.batch_id
    from order_events as f left join order_requests as p on f.order_request_id = p.order_request_id
    where f.order_request_id is not null and p.order_request_id is null
    union all
    select 'order_events', cast(f.event_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from order_events as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'order_fills', cast(f.fill_id as text), 'order_id',
        cast(f.order_id as text), 'orders', f.recorded_at, f.batch_id
    from order_fills as f left join orders as p on f.order_id = p.order_id
    where f.order_id is not null and p.order_id is null
    union all
    select 'order_fills', cast(f.fill_id as text), 'account_id',
        cast(f.account_id as text), 'accounts', f.recorded_at, f.batch_id
    from order_fills as f left join accounts as p on f.account_id = p.account_id
    where f.account_id is not null and p.account_id is null
    union all
    select 'order_fills', cast(f.fill_id as text), 'instrument_id',
        cast(f.instrument_id as text), 'instruments', f.recorded_at, f.batch_id
    from order_fills as f left join instruments as p on f.instrument_id = p.instrument_id
    where f.instrument_id is not null and p.instrument_id is null
    union all
    select 'order_fills', cast(f.fill_id as text), 'corrects_fill_id',
        cast(f.corrects_fill_id as text), 'order_fills', f.recorded_at, f.batch_id
    from order_fills as f left join order_fills as p on f.corrects_fill_id = p.fill_id
    where f.corrects_fill_id is not null and p.fill_id is null
    union all
    select 'order_fills', cast(f.fill_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from order_fills as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'market_ticks', cast(f.tick_id as text), 'instrument_id',
        cast(f.instrument_id as text), 'instruments', f.recorded_at, f.batch_id
    from market_ticks as f left join instruments as p on f.instrument_id = p.instrument_id
    where f.instrument_id is not null and p.instrument_id is null
    union all
    select 'market_ticks', cast(f.tick_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from market_ticks as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'market_readings', cast(f.reading_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from market_readings as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'cash_movements', cast(f.movement_id as text), 'account_id',
        cast(f.account_id as text), 'accounts', f.recorded_at, f.batch_id
    from cash_movements as f left join accounts as p on f.account_id = p.account_id
    where f.account_id is not null and p.account_id is null
    union all
    select 'cash_movements', cast(f.movement_id as text), 'instrument_id',
        cast(f.instrument_id as text), 'instruments', f.recorded_at, f.batch_id
    from cash_movements as f left join instruments as p on f.instrument_id = p.instrument_id
    where f.instrument_id is not null and p.instrument_id is null
    union all
    select 'cash_movements', cast(f.movement_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from cash_movements as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'statements', cast(f.statement_id as text), 'account_id',
        cast(f.account_id as text), 'accounts', f.recorded_at, f.batch_id
    from statements as f left join accounts as p on f.account_id = p.account_id
    where f.account_id is not null and p.account_id is null
    union all
    select 'statements', cast(f.statement_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from statements as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'statement_orders', cast(f.statement_order_id as text), 'statement_id',
        cast(f.statement_id as text), 'statements', f.recorded_at, f.batch_id
    from statement_orders as f left join statements as p on f.statement_id = p.statement_id
    where f.statement_id is not null and p.statement_id is null
    union all
    select 'statement_orders', cast(f.statement_order_id as text), 'instrument_id',
        cast(f.instrument_id as text), 'instruments', f.recorded_at, f.batch_id
    from statement_orders as f left join instruments as p on f.instrument_id = p.instrument_id
    where f.instrument_id is not null and p.instrument_id is null
    union all
    select 'statement_orders', cast(f.statement_order_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from statement_orders as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'statement_fills', cast(f.statement_fill_id as text), 'statement_id',
        cast(f.statement_id as text), 'statements', f.recorded_at, f.batch_id
    from statement_fills as f left join statements as p on f.statement_id = p.statement_id
    where f.statement_id is not null and p.statement_id is null
    union all
    select 'statement_fills', cast(f.statement_fill_id as text), 'instrument_id',
        cast(f.instrument_id as text), 'instruments', f.recorded_at, f.batch_id
    from statement_fills as f left join instruments as p on f.instrument_id = p.instrument_id
    where f.instrument_id is not null and p.instrument_id is null
    union all
    select 'statement_fills', cast(f.statement_fill_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from statement_fills as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'statement_balances', cast(f.statement_balance_id as text), 'statement_id',
        cast(f.statement_id as text), 'statements', f.recorded_at, f.batch_id
    from statement_balances as f left join statements as p on f.statement_id = p.statement_id
    where f.statement_id is not null and p.statement_id is null
    union all
    select 'statement_balances', cast(f.statement_balance_id as text), 'instrument_id',
        cast(f.instrument_id as text), 'instruments', f.recorded_at, f.batch_id
    from statement_balances as f left join instruments as p on f.instrument_id = p.instrument_id
    where f.instrument_id is not null and p.instrument_id is null
    union all
    select 'statement_balances', cast(f.statement_balance_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from statement_balances as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'break_resolutions', cast(f.resolution_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from break_resolutions as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'risk_events', cast(f.risk_event_id as text), 'order_request_id',
        cast(f.order_request_id as text), 'order_requests', f.recorded_at, f.batch_id
    from risk_events as f left join order_requests as p on f.order_request_id = p.order_request_id
    where f.order_request_id is not null and p.order_request_id is null
    union all
    select 'risk_events', cast(f.risk_event_id as text), 'order_id',
        cast(f.order_id as text), 'orders', f.recorded_at, f.batch_id
    from risk_events as f left join orders as p on f.order_id = p.order_id
    where f.order_id is not null and p.order_id is null
    union all
    select 'risk_events', cast(f.risk_event_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from risk_events as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'kill_switch_events', cast(f.event_id as text), 'account_id',
        cast(f.account_id as text), 'accounts', f.recorded_at, f.batch_id
    from kill_switch_events as f left join accounts as p on f.account_id = p.account_id
    where f.account_id is not null and p.account_id is null
    union all
    select 'kill_switch_events', cast(f.event_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from kill_switch_events as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'trader_activity', cast(f.activity_id as text), 'account_id',
        cast(f.account_id as text), 'accounts', f.recorded_at, f.batch_id
    from trader_activity as f left join accounts as p on f.account_id = p.account_id
    where f.account_id is not null and p.account_id is null
    union all
    select 'trader_activity', cast(f.activity_id as text), 'order_id',
        cast(f.order_id as text), 'orders', f.recorded_at, f.batch_id
    from trader_activity as f left join orders as p on f.order_id = p.order_id
    where f.order_id is not null and p.order_id is null
    union all
    select 'trader_activity', cast(f.activity_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from trader_activity as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'tilt_responses', cast(f.response_id as text), 'account_id',
        cast(f.account_id as text), 'accounts', f.recorded_at, f.batch_id
    from tilt_responses as f left join accounts as p on f.account_id = p.account_id
    where f.account_id is not null and p.account_id is null
    union all
    select 'tilt_responses', cast(f.response_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from tilt_responses as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'smoke_runs', cast(f.run_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from smoke_runs as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'opening_lots', cast(f.lot_id as text), 'account_id',
        cast(f.account_id as text), 'accounts', f.recorded_at, f.batch_id
    from opening_lots as f left join accounts as p on f.account_id = p.account_id
    where f.account_id is not null and p.account_id is null
    union all
    select 'opening_lots', cast(f.lot_id as text), 'instrument_id',
        cast(f.instrument_id as text), 'instruments', f.recorded_at, f.batch_id
    from opening_lots as f left join instruments as p on f.instrument_id = p.instrument_id
    where f.instrument_id is not null and p.instrument_id is null
    union all
    select 'opening_lots', cast(f.lot_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from opening_lots as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'quarantine_resolutions', cast(f.quarantine_id as text), 'quarantine_id',
        cast(f.quarantine_id as text), 'quarantine', f.recorded_at, f.batch_id
    from quarantine_resolutions as f left join quarantine as p on f.quarantine_id = p.quarantine_id
    where f.quarantine_id is not null and p.quarantine_id is null
    union all
    select 'quarantine_resolutions', cast(f.quarantine_id as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from quarantine_resolutions as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
    union all
    select 'raw_blocks', cast(f.batch_id as text) || ':' || cast(f.first_row as text), 'batch_id',
        cast(f.batch_id as text), 'ledger_batches', f.recorded_at, f.batch_id
    from raw_blocks as f left join ledger_batches as p on f.batch_id = p.batch_id
    where f.batch_id is not null and p.batch_id is null
),

final as (
    select orphans.*
    from orphans
    cross join params
    where params.only_table is null or orphans.table_name = params.only_table
)

select * from final
order by table_name, row_id, column_name
