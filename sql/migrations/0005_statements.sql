-- What the venue says, and what was decided about where it differs.

-- migrate:up

-- Fact: one statement of a venue about one account
create table statements (
    statement_id uuid not null, -- uuid5 of venue, account and period
    venue text not null, -- who says it
    account_id text not null, -- about which account
    period_start timestamp not null, -- first moment it covers
    period_end timestamp not null, -- first moment it no longer covers
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_statements primary key (statement_id),
    constraint ck_statements_period check (period_end > period_start),
    constraint fk_statements_account foreign key (account_id) references accounts (account_id),
    constraint fk_statements_batch foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_statements_account on statements (account_id, period_start);

-- Fact: an order as the venue reports it
create table statement_orders (
    statement_order_id uuid not null, -- uuid5 of statement, exchange_order_id and line
    statement_id uuid not null, -- the statement
    exchange_order_id text not null, -- the venue's own id
    instrument_id text not null, -- what it trades
    side text not null, -- BUY or SELL
    quantity decimal(38, 12), -- ordered, base units or contracts
    filled_quantity decimal(38, 12) not null, -- executed
    average_price decimal(38, 12), -- of what was executed, quote units
    status text not null, -- in the ledger's words
    venue_status text, -- in the venue's
    reported_at timestamp not null, -- the moment it describes
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_statement_orders primary key (statement_order_id),
    constraint ck_statement_orders_side check (side in ('BUY', 'SELL')),
    constraint ck_statement_orders_filled check (filled_quantity >= 0),
    constraint ck_statement_orders_status check (status in (
        'PENDING', 'ACCEPTED', 'PARTIAL', 'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'FAILED'
    )),
    constraint fk_statement_orders_statement
    foreign key (statement_id) references statements (statement_id),
    constraint fk_statement_orders_instrument
    foreign key (instrument_id) references instruments (instrument_id),
    constraint fk_statement_orders_batch
    foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_statement_orders_exchange on statement_orders (exchange_order_id);

-- Fact: an execution as the venue reports it
create table statement_fills (
    statement_fill_id uuid not null, -- uuid5 of statement, exchange_fill_id and line
    statement_id uuid not null, -- the statement
    exchange_order_id text not null, -- the venue's id of the order
    exchange_fill_id text not null, -- the venue's id of the fill
    instrument_id text not null, -- what traded
    side text not null, -- BUY or SELL
    quantity decimal(38, 12) not null, -- base units or contracts
    price decimal(38, 12) not null, -- quote units
    fee_amount decimal(38, 12) not null, -- in fee_currency; negative is a rebate
    fee_currency text, -- null only where fee_amount is zero
    executed_at timestamp not null, -- when it traded
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_statement_fills primary key (statement_fill_id),
    constraint ck_statement_fills_side check (side in ('BUY', 'SELL')),
    constraint ck_statement_fills_quantity check (quantity > 0),
    constraint ck_statement_fills_fee check (fee_amount = 0 or fee_currency is not null),
    constraint fk_statement_fills_statement
    foreign key (statement_id) references statements (statement_id),
    constraint fk_statement_fills_instrument
    foreign key (instrument_id) references instruments (instrument_id),
    constraint fk_statement_fills_batch
    foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_statement_fills_exchange on statement_fills (exchange_fill_id);

-- Fact: a balance or a position as the venue reports it
create table statement_balances (
    statement_balance_id uuid not null, -- uuid5 of statement, kind and subject
    statement_id uuid not null, -- the statement
    kind text not null, -- BALANCE of a currency or POSITION in an instrument
    currency text, -- the currency of a BALANCE
    instrument_id text, -- the instrument of a POSITION
    amount decimal(38, 12) not null, -- currency units; a POSITION is signed
    stated_at timestamp not null, -- the moment it describes
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_statement_balances primary key (statement_balance_id),
    constraint ck_statement_balances_kind check (
        (kind = 'BALANCE' and currency is not null and instrument_id is null)
        or (kind = 'POSITION' and currency is null and instrument_id is not null)
    ),
    constraint fk_statement_balances_statement
    foreign key (statement_id) references statements (statement_id),
    constraint fk_statement_balances_instrument
    foreign key (instrument_id) references instruments (instrument_id),
    constraint fk_statement_balances_batch
    foreign key (batch_id) references ledger_batches (batch_id)
);

-- Fact: what was decided about a break
create table break_resolutions (
    resolution_id uuid not null, -- uuid5 of break and moment
    break_id text not null, -- the break, as exchange_reconciliation names it
    action text not null, -- ACKNOWLEDGE, ADOPT (the venue's fill) or DISMISS
    reason text not null, -- why
    actor text not null, -- who decided
    occurred_at timestamp not null, -- when
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_break_resolutions primary key (resolution_id),
    constraint ck_break_resolutions_action check (action in ('ACKNOWLEDGE', 'ADOPT', 'DISMISS')),
    constraint fk_break_resolutions_batch
    foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_break_resolutions_break on break_resolutions (break_id, occurred_at);

-- migrate:down

drop table break_resolutions;
drop table statement_balances;
drop table statement_fills;
drop table statement_orders;
drop table statements;
