-- What the market looked like, and cash that moved without a trade.

-- migrate:up

-- Fact: best bid and ask of an instrument at a moment
create table market_ticks (
    tick_id uuid not null, -- uuid5 of instrument and moment
    instrument_id text not null, -- the instrument
    bid_price decimal(38, 12) not null, -- quote units
    ask_price decimal(38, 12) not null, -- quote units
    mid_price decimal(38, 12) not null, -- half of bid plus ask
    spread_bps integer, -- ask less bid over mid, basis points; null where mid is not above zero
    event_at timestamp not null, -- when it was so
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_market_ticks primary key (tick_id),
    constraint ck_market_ticks_uncrossed check (ask_price >= bid_price),
    constraint ck_market_ticks_mid check (mid_price >= bid_price and mid_price <= ask_price),
    constraint fk_market_ticks_instrument
    foreign key (instrument_id) references instruments (instrument_id),
    constraint fk_market_ticks_batch foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_market_ticks_instrument on market_ticks (instrument_id, event_at desc);

-- Fact: one reading of a market-wide figure
create table market_readings (
    reading_id uuid not null, -- uuid5 of name and moment
    name text not null, -- which figure
    value decimal(38, 12) not null, -- in the figure's own unit
    event_at timestamp not null, -- when it was so
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_market_readings primary key (reading_id),
    constraint ck_market_readings_name check (
        name in ('BTC_PRICE', 'TOTAL_MARKET_CAP', 'FEAR_GREED_INDEX', 'VIX_CRYPTO')
    ),
    constraint ck_market_readings_fear_greed check (
        name <> 'FEAR_GREED_INDEX' or value between 0 and 100
    ),
    constraint fk_market_readings_batch
    foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_market_readings_name on market_readings (name, event_at desc);

-- Fact: cash that came or went without a trade
create table cash_movements (
    movement_id uuid not null, -- uuid5 of venue, account and the movement's own id
    account_id text not null, -- the account
    instrument_id text, -- the instrument a FUNDING payment is for
    kind text not null, -- DEPOSIT, WITHDRAWAL, FUNDING, INTEREST, FEE, TRANSFER or ADJUSTMENT
    amount decimal(38, 12) not null, -- positive is received
    currency text not null, -- what moved
    venue text, -- where
    exchange_movement_id text, -- the venue's own id
    reason text, -- why, in words
    occurred_at timestamp not null, -- when it moved
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_cash_movements primary key (movement_id),
    constraint ck_cash_movements_kind check (kind in (
        'DEPOSIT', 'WITHDRAWAL', 'FUNDING', 'INTEREST', 'FEE', 'TRANSFER', 'ADJUSTMENT'
    )),
    constraint ck_cash_movements_sign check (
        (kind <> 'DEPOSIT' or amount > 0) and (kind <> 'WITHDRAWAL' or amount < 0)
    ),
    constraint ck_cash_movements_funding check (
        kind <> 'FUNDING' or instrument_id is not null
    ),
    constraint fk_cash_movements_account
    foreign key (account_id) references accounts (account_id),
    constraint fk_cash_movements_instrument
    foreign key (instrument_id) references instruments (instrument_id),
    constraint fk_cash_movements_batch
    foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_cash_movements_account on cash_movements (account_id, occurred_at);

-- migrate:down

drop table cash_movements;
drop table market_readings;
drop table market_ticks;
