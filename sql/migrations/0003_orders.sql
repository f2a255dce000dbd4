-- The life of an order: signal, intent, what was sent, what happened, what was executed.

-- migrate:up

-- Fact: a strategy's output, before risk and execution
create table signals (
    signal_id uuid not null, -- uuid5 of source and the strategy's own id
    cycle_id uuid not null, -- strategy cycle it belongs to; a grouping id, no table of its own
    account_id text, -- the account it was meant for
    instrument_id text not null, -- what to trade
    side text not null, -- BUY or SELL
    confidence decimal(38, 12) not null, -- 0 to 1
    strategy_payload json, -- the strategy's own words
    occurred_at timestamp not null, -- when it was produced
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_signals primary key (signal_id),
    constraint ck_signals_side check (side in ('BUY', 'SELL')),
    constraint ck_signals_confidence check (confidence between 0 and 1),
    constraint fk_signals_account foreign key (account_id) references accounts (account_id),
    constraint fk_signals_instrument
    foreign key (instrument_id) references instruments (instrument_id),
    constraint fk_signals_batch foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_signals_cycle on signals (cycle_id);
create index ix_signals_instrument on signals (instrument_id, occurred_at desc);

-- Fact: an intent to trade
create table order_requests (
    order_request_id uuid not null, -- uuid5 of client_request_id
    client_request_id text not null, -- idempotency key the trader or strategy chose
    account_id text not null, -- the account to trade in
    trader_id text, -- who wants it
    signal_id uuid, -- the signal it acts on
    cycle_id uuid, -- strategy cycle it belongs to
    instrument_id text not null, -- what to trade
    side text not null, -- BUY or SELL
    order_type text not null, -- MARKET, LIMIT, STOP, STOP_LIMIT, STOP_LOSS, TAKE_PROFIT
    quantity decimal(38, 12) not null, -- base units, or contracts
    limit_price decimal(38, 12), -- quote units
    stop_price decimal(38, 12), -- trigger, quote units
    stop_loss decimal(38, 12), -- protective stop, quote units
    take_profit decimal(38, 12), -- profit target, quote units
    time_in_force text, -- GTC, IOC, FOK, DAY, GTD, GTX
    expires_at timestamp, -- end of life for GTD and DAY
    requested_at timestamp not null, -- when it was asked for
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_order_requests primary key (order_request_id),
    constraint uq_order_requests_client unique (client_request_id),
    constraint ck_order_requests_side check (side in ('BUY', 'SELL')),
    constraint ck_order_requests_type check (
        order_type in ('MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT', 'STOP_LOSS', 'TAKE_PROFIT')
    ),
    constraint ck_order_requests_quantity check (quantity > 0),
    constraint ck_order_requests_limit_requires_price check (
        order_type = 'MARKET' or limit_price is not null or stop_price is not null
    ),
    constraint ck_order_requests_time_in_force check (
        time_in_force is null or time_in_force in ('GTC', 'IOC', 'FOK', 'DAY', 'GTD', 'GTX')
    ),
    constraint ck_order_requests_expiry check (expires_at is null or expires_at >= requested_at),
    constraint fk_order_requests_account
    foreign key (account_id) references accounts (account_id),
    constraint fk_order_requests_instrument
    foreign key (instrument_id) references instruments (instrument_id),
    constraint fk_order_requests_signal foreign key (signal_id) references signals (signal_id),
    constraint fk_order_requests_batch
    foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_order_requests_account on order_requests (account_id, requested_at desc);
create index ix_order_requests_trader on order_requests (trader_id, requested_at desc);
create index ix_order_requests_instrument on order_requests (instrument_id, requested_at desc);
create index ix_order_requests_signal on order_requests (signal_id);
create index ix_order_requests_cycle on order_requests (cycle_id);

-- Fact: an order as it was sent to a venue, or first seen there
create table orders (
    order_id uuid not null, -- uuid5 of venue, account and the order's own id
    order_request_id uuid, -- the intent it serves; null for an external order
    account_id text not null, -- the account it trades in
    instrument_id text not null, -- what it trades
    venue text not null, -- where it was sent
    client_order_id text, -- idempotency key sent to the venue
    exchange_order_id text, -- the venue's own id
    side text not null, -- BUY or SELL
    order_type text, -- as in order_requests; null where only fills are known
    quantity decimal(38, 12), -- base units or contracts; null where only fills are known
    limit_price decimal(38, 12), -- quote units
    stop_price decimal(38, 12), -- trigger, quote units
    time_in_force text, -- GTC, IOC, FOK, DAY, GTD, GTX
    slice_number integer, -- 1-based slice of a sliced request
    total_slices integer, -- slices of that request
    origin text not null, -- INTERNAL: sent by us; EXTERNAL: first seen at the venue
    sent_at timestamp not null, -- when it was sent, or first seen
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_orders primary key (order_id),
    constraint uq_orders_client unique (client_order_id),
    constraint ck_orders_side check (side in ('BUY', 'SELL')),
    constraint ck_orders_type check (
        order_type is null
        or order_type in ('MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT', 'STOP_LOSS', 'TAKE_PROFIT')
    ),
    constraint ck_orders_quantity check (quantity is null or quantity > 0),
    constraint ck_orders_origin check (origin in ('INTERNAL', 'EXTERNAL')),
    constraint ck_orders_known_quantity check (origin = 'EXTERNAL' or quantity is not null),
    constraint ck_orders_limit_requires_price check (
        order_type is null
        or order_type = 'MARKET'
        or limit_price is not null
        or stop_price is not null
    ),
    constraint ck_orders_time_in_force check (
        time_in_force is null or time_in_force in ('GTC', 'IOC', 'FOK', 'DAY', 'GTD', 'GTX')
    ),
    constraint ck_orders_slices check (
        (slice_number is null and total_slices is null)
        or (slice_number >= 1 and slice_number <= total_slices)
    ),
    constraint fk_orders_request
    foreign key (order_request_id) references order_requests (order_request_id),
    constraint fk_orders_account foreign key (account_id) references accounts (account_id),
    constraint fk_orders_instrument
    foreign key (instrument_id) references instruments (instrument_id),
    constraint fk_orders_batch foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_orders_request on orders (order_request_id);
create index ix_orders_exchange on orders (exchange_order_id);
create index ix_orders_account on orders (account_id, sent_at desc);
create index ix_orders_instrument on orders (instrument_id, sent_at desc);

-- Fact: one step in an order's life
create table order_events (
    event_id uuid not null, -- uuid5 of the order and the event's own id
    sequence_number bigint not null, -- order of all events in the ledger, unique
    order_id uuid, -- the order; null while only the request exists
    order_request_id uuid, -- the request
    event_type text not null, -- what happened
    status text, -- the order's status after it; null where it does not change
    venue_status text, -- the venue's own word for it
    reason text, -- why, in words
    error_code text, -- the venue's error code
    retry_attempt integer, -- 0 for the first try
    latency_ms bigint, -- round trip to the venue, milliseconds
    order_quantity decimal(38, 12), -- the order's quantity from here on (REPLACED, RESTATED)
    limit_price decimal(38, 12), -- the order's limit price from here on
    data json, -- the event itself
    metadata json, -- context: host, version, correlation ids
    actor text, -- who or what caused it
    occurred_at timestamp not null, -- when it happened
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_order_events primary key (event_id),
    constraint uq_order_events_sequence unique (sequence_number),
    constraint ck_order_events_type check (event_type in (
        'SUBMITTED', 'APPROVED', 'ACCEPTED', 'EXECUTED', 'FILLED', 'REPLACED', 'RESTATED',
        'CANCELLED', 'REJECTED', 'EXPIRED', 'FAILED', 'RECOVERED', 'RETRIED', 'BUSTED', 'CORRECTED'
    )),
    constraint ck_order_events_status check (
        status is null
        or status in (
            'PENDING', 'ACCEPTED', 'PARTIAL', 'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'FAILED'
        )
    ),
    constraint ck_order_events_subject check (
        order_id is not null or order_request_id is not null
    ),
    constraint ck_order_events_retry check (retry_attempt is null or retry_attempt >= 0),
    constraint ck_order_events_latency check (latency_ms is null or latency_ms >= 0),
    constraint ck_order_events_quantity check (order_quantity is null or order_quantity > 0),
    constraint fk_order_events_order foreign key (order_id) references orders (order_id),
    constraint fk_order_events_request
    foreign key (order_request_id) references order_requests (order_request_id),
    constraint fk_order_events_batch foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_order_events_order on order_events (order_id, sequence_number);
create index ix_order_events_request on order_events (order_request_id, sequence_number);
create index ix_order_events_type on order_events (event_type, occurred_at);
create index ix_order_events_status on order_events (status, occurred_at);
create index ix_order_events_occurred on order_events (occurred_at);

-- Fact: an execution, or a later correction or bust of one
create table order_fills (
    fill_id uuid not null, -- uuid5 of venue, account and the fill's own id
    order_id uuid not null, -- the order it executes
    account_id text not null, -- the order's account
    instrument_id text not null, -- the order's instrument
    venue text not null, -- where it traded
    exchange_fill_id text, -- the venue's own id
    side text not null, -- BUY or SELL
    quantity decimal(38, 12) not null, -- base units, or contracts
    price decimal(38, 12) not null, -- quote units
    fee_amount decimal(38, 12) not null, -- in fee_currency; negative is a rebate
    fee_currency text, -- null only where fee_amount is zero
    liquidity text, -- MAKER or TAKER
    kind text not null, -- TRADE, CORRECTION (replaces) or BUST (cancels)
    corrects_fill_id uuid, -- the fill a CORRECTION or BUST is about
    is_rounded boolean not null, -- the source had more than 12 decimals, kept in raw_values
    raw_values json, -- source text of the rounded values; null otherwise
    executed_at timestamp not null, -- when it traded
    recorded_at timestamp not null, -- when the ledger learned it
    batch_id bigint not null, -- the batch it came with
    constraint pk_order_fills primary key (fill_id),
    constraint ck_order_fills_side check (side in ('BUY', 'SELL')),
    constraint ck_order_fills_quantity check (quantity > 0),
    constraint ck_order_fills_fee check (fee_amount = 0 or fee_currency is not null),
    constraint ck_order_fills_liquidity check (
        liquidity is null or liquidity in ('MAKER', 'TAKER')
    ),
    constraint ck_order_fills_kind check (kind in ('TRADE', 'CORRECTION', 'BUST')),
    constraint ck_order_fills_corrects check (
        (kind = 'TRADE') = (corrects_fill_id is null)
    ),
    constraint ck_order_fills_raw check (is_rounded = (raw_values is not null)),
    constraint fk_order_fills_order foreign key (order_id) references orders (order_id),
    constraint fk_order_fills_account foreign key (account_id) references accounts (account_id),
    constraint fk_order_fills_instrument
    foreign key (instrument_id) references instruments (instrument_id),
    constraint fk_order_fills_corrects
    foreign key (corrects_fill_id) references order_fills (fill_id),
    constraint fk_order_fills_batch foreign key (batch_id) references ledger_batches (batch_id)
);

create index ix_order_fills_order on order_fills (order_id, executed_at desc);
create index ix_order_fills_instrument on order_fills (instrument_id, executed_at desc);
create index ix_order_fills_account on order_fills (account_id, executed_at desc);
create index ix_order_fills_executed on order_fills (executed_at desc);

-- migrate:down

drop table order_fills;
drop table order_events;
drop table orders;
drop table order_requests;
drop table signals;
