-- Terms of accounts and instruments that were stated wrong, or not at all, stated anew.

-- migrate:up

-- Fact: an account's terms as they should have been stated from the first
create table account_restatements (
    restatement_id uuid not null, -- uuid5 of account and moment
    account_id text not null, -- the account
    venue text, -- venue that keeps it; null where it spans several
    trader_id text, -- who is responsible for it
    base_currency text, -- currency its results are reported in
    account_type text not null, -- LIVE, PAPER or RECOVERY
    opened_at timestamp, -- when the account was opened
    actor text, -- who restated it
    reason text not null, -- why, in words
    restated_at timestamp not null, -- when it was decided: the latest of an account stands
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    -- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
    source_row bigint,
    constraint pk_account_restatements primary key (restatement_id),
    constraint ck_account_restatements_type check (account_type in ('LIVE', 'PAPER', 'RECOVERY')),
    constraint fk_account_restatements_account
    foreign key (account_id) references accounts (account_id),
    constraint fk_account_restatements_batch
    foreign key (batch_id) references ledger_batches (batch_id)
);

-- Fact: an instrument's terms as they should have been stated from the first
create table instrument_restatements (
    restatement_id uuid not null, -- uuid5 of instrument and moment
    instrument_id text not null, -- the instrument
    instrument_type text not null, -- SPOT, LINEAR or INVERSE
    base_currency text not null, -- currency or asset bought
    quote_currency text not null, -- currency the price is in
    settlement_currency text not null, -- currency fees and PnL settle in
    multiplier decimal(38, 12) not null, -- contract size: base (INVERSE: quote) units a contract
    is_inverse boolean not null, -- PnL is in the base currency
    tick_size decimal(38, 12), -- smallest price step
    lot_size decimal(38, 12), -- smallest quantity step
    allows_negative_price boolean not null, -- power, spreads: a price at or below zero is legal
    actor text, -- who restated it
    reason text not null, -- why, in words
    restated_at timestamp not null, -- when it was decided: the latest of an instrument stands
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    -- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
    source_row bigint,
    constraint pk_instrument_restatements primary key (restatement_id),
    constraint ck_instrument_restatements_type
    check (instrument_type in ('SPOT', 'LINEAR', 'INVERSE')),
    constraint ck_instrument_restatements_inverse
    check (is_inverse = (instrument_type = 'INVERSE')),
    constraint ck_instrument_restatements_multiplier check (multiplier > 0),
    constraint ck_instrument_restatements_tick_size check (tick_size is null or tick_size > 0),
    constraint ck_instrument_restatements_lot_size check (lot_size is null or lot_size > 0),
    constraint fk_instrument_restatements_instrument
    foreign key (instrument_id) references instruments (instrument_id),
    constraint fk_instrument_restatements_batch
    foreign key (batch_id) references ledger_batches (batch_id)
);

-- migrate:down

drop table instrument_restatements;
drop table account_restatements;
