-- Lots that no fill of this ledger opened.

-- migrate:up

-- Fact: a lot held before the first fill of its book, or transferred in, at a given cost
create table opening_lots (
    lot_id uuid not null, -- uuid5 of account, instrument and the lot's own name
    account_id text not null, -- the account that holds it
    instrument_id text not null, -- what it holds
    venue text, -- where it is kept
    kind text not null, -- OPENING_BALANCE or TRANSFER_IN
    side text not null, -- BUY: a long lot; SELL: a short one
    quantity decimal(38, 12) not null, -- base units or contracts, above zero
    price decimal(38, 12) not null, -- quote units: what one unit cost, or was sold for
    reason text, -- why, in words
    acquired_at timestamp not null, -- the moment it takes in matching order
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_opening_lots primary key (lot_id),
    constraint ck_opening_lots_kind check (kind in ('OPENING_BALANCE', 'TRANSFER_IN')),
    constraint ck_opening_lots_side check (side in ('BUY', 'SELL')),
    constraint ck_opening_lots_quantity check (quantity > 0),
    constraint fk_opening_lots_account
    foreign key (account_id) references accounts (account_id),
    constraint fk_opening_lots_instrument
    foreign key (instrument_id) references instruments (instrument_id),
    constraint fk_opening_lots_batch
    foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_opening_lots_account on opening_lots (account_id, instrument_id);

-- migrate:down

drop table opening_lots;
