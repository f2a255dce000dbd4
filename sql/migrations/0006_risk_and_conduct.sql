-- What was allowed, who pulled the switch, how the trader behaved, and whether the plant ran.

-- migrate:up

-- Fact: a decision of the risk policy about a request or an order
create table risk_events (
    risk_event_id uuid not null, -- uuid5 of subject, rule and moment
    order_request_id uuid, -- the request decided on
    order_id uuid, -- the order decided on
    action text not null, -- BLOCKED, ALLOWED or WARNED
    rule text not null, -- the rule that decided
    details json, -- what it saw
    occurred_at timestamp not null, -- when
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_risk_events primary key (risk_event_id),
    constraint ck_risk_events_action check (action in ('BLOCKED', 'ALLOWED', 'WARNED')),
    constraint ck_risk_events_subject check (
        order_request_id is not null or order_id is not null
    ),
    constraint fk_risk_events_request
    foreign key (order_request_id) references order_requests (order_request_id),
    constraint fk_risk_events_order foreign key (order_id) references orders (order_id),
    constraint fk_risk_events_batch foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_risk_events_order on risk_events (order_id, occurred_at desc);
create index ix_risk_events_occurred on risk_events (occurred_at desc);

-- Fact: the kill switch thrown or released
create table kill_switch_events (
    event_id uuid not null, -- uuid5 of account and moment
    account_id text, -- the account; null for all
    enabled boolean not null, -- true: trading is stopped
    reason text, -- why
    actor text, -- who
    occurred_at timestamp not null, -- when
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_kill_switch_events primary key (event_id),
    constraint fk_kill_switch_events_account
    foreign key (account_id) references accounts (account_id),
    constraint fk_kill_switch_events_batch
    foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_kill_switch_events_occurred on kill_switch_events (occurred_at);

-- Fact: something a trader did at the desk, apart from orders
create table trader_activity (
    activity_id uuid not null, -- uuid5 of account, kind and moment
    account_id text not null, -- the account
    trader_id text, -- the trader
    kind text not null, -- CLICK, CANCEL, JOURNAL, LOGIN or LOGOUT
    click_latency_ms bigint, -- from prompt to click, milliseconds
    order_id uuid, -- the order it concerns
    entry text, -- the journal entry's text
    occurred_at timestamp not null, -- when
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_trader_activity primary key (activity_id),
    constraint ck_trader_activity_kind check (
        kind in ('CLICK', 'CANCEL', 'JOURNAL', 'LOGIN', 'LOGOUT')
    ),
    constraint ck_trader_activity_latency check (
        click_latency_ms is null or click_latency_ms >= 0
    ),
    constraint ck_trader_activity_entry check (kind <> 'JOURNAL' or entry is not null),
    constraint fk_trader_activity_account
    foreign key (account_id) references accounts (account_id),
    constraint fk_trader_activity_order foreign key (order_id) references orders (order_id),
    constraint fk_trader_activity_batch
    foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_trader_activity_account on trader_activity (account_id, occurred_at);

-- Fact: a trader's answer to an intervention
create table tilt_responses (
    response_id uuid not null, -- uuid5 of account and moment
    account_id text not null, -- the account
    intervention text not null, -- the message the trader was shown
    response text not null, -- what the trader answered
    occurred_at timestamp not null, -- when
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_tilt_responses primary key (response_id),
    constraint fk_tilt_responses_account
    foreign key (account_id) references accounts (account_id),
    constraint fk_tilt_responses_batch
    foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_tilt_responses_account on tilt_responses (account_id, occurred_at);

-- Fact: an operational check of the plant, apart from trading
create table smoke_runs (
    run_id uuid not null, -- uuid5 of environment and moment
    environment text not null, -- where it ran
    status text not null, -- PASSED or FAILED
    rpc_latency_ms bigint, -- milliseconds
    wallet_check text, -- its outcome
    tx_simulation text, -- its outcome
    ran_at timestamp not null, -- when
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_smoke_runs primary key (run_id),
    constraint ck_smoke_runs_status check (status in ('PASSED', 'FAILED')),
    constraint ck_smoke_runs_latency check (rpc_latency_ms is null or rpc_latency_ms >= 0),
    constraint fk_smoke_runs_batch foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_smoke_runs_ran on smoke_runs (ran_at desc);

-- migrate:down

drop table smoke_runs;
drop table tilt_responses;
drop table trader_activity;
drop table kill_switch_events;
drop table risk_events;
