-- Who trades, and what is traded.

-- migrate:up

-- Fact: a trading account
create table accounts (
    account_id text not null, -- the account's name at the firm
    venue text, -- venue that keeps it; null where it spans several
    trader_id text, -- who is responsible for it
    base_currency text, -- currency its results are reported in
    account_type text not null, -- LIVE, PAPER or RECOVERY
    origin text not null, -- DECLARED by the firm, or EXTERNAL: first seen on a venue's fill
    opened_at timestamp, -- when the account was opened
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_accounts primary key (account_id),
    constraint ck_accounts_type check (account_type in ('LIVE', 'PAPER', 'RECOVERY')),
    constraint ck_accounts_origin check (origin in ('DECLARED', 'EXTERNAL')),
    constraint fk_accounts_batch foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_accounts_trader on accounts (trader_id);

-- Fact: an account entering a tier
create table account_tier_events (
    tier_event_id uuid not null, -- uuid5 of account and moment
    account_id text not null, -- the account
    tier text not null, -- the tier entered
    gates_passed json, -- array of gate names
    locked_features json, -- array of feature names
    occurred_at timestamp not null, -- when the tier began
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_account_tier_events primary key (tier_event_id),
    constraint ck_account_tier_events_tier
    check (tier in ('SNIPER', 'HUNTER', 'STRATEGIST', 'ARCHITECT')),
    constraint fk_account_tier_events_account
    foreign key (account_id) references accounts (account_id),
    constraint fk_account_tier_events_batch
    foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_account_tier_events_account on account_tier_events (account_id, occurred_at);

-- Fact: a tradable instrument and its terms
create table instruments (
    instrument_id text not null, -- the ledger's name of it
    symbol text not null, -- the name traders use; unique
    instrument_type text not null, -- SPOT, LINEAR or INVERSE
    base_currency text not null, -- currency or asset bought
    quote_currency text not null, -- currency the price is in
    settlement_currency text not null, -- currency fees and PnL settle in
    multiplier decimal(38, 12) not null, -- contract size: base (INVERSE: quote) units a contract
    is_inverse boolean not null, -- PnL is in the base currency
    tick_size decimal(38, 12), -- smallest price step
    lot_size decimal(38, 12), -- smallest quantity step
    allows_negative_price boolean not null, -- power, spreads: a price at or below zero is legal
    origin text not null, -- DECLARED, or EXTERNAL: terms read off a venue's symbol
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_instruments primary key (instrument_id),
    constraint uq_instruments_symbol unique (symbol),
    constraint ck_instruments_type check (instrument_type in ('SPOT', 'LINEAR', 'INVERSE')),
    constraint ck_instruments_inverse check (is_inverse = (instrument_type = 'INVERSE')),
    constraint ck_instruments_multiplier check (multiplier > 0),
    constraint ck_instruments_tick_size check (tick_size is null or tick_size > 0),
    constraint ck_instruments_lot_size check (lot_size is null or lot_size > 0),
    constraint ck_instruments_origin check (origin in ('DECLARED', 'EXTERNAL')),
    constraint fk_instruments_batch foreign key (batch_id) references ledger_batches (batch_id)
);

-- migrate:down

drop table instruments;
drop table account_tier_events;
drop table accounts;
