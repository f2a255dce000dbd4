-- The text of every row that became facts, and which row each fact was made of.

-- migrate:up

-- Fact: rows of one file that became facts of a batch, as they were read, compressed
create table raw_blocks (
    batch_id bigint not null, -- the batch they came with
    first_row bigint not null, -- file's number * 2^40 + line of its first row
    last_row bigint not null, -- the same of its last
    source text not null, -- the file
    reader text not null, -- what it was read as: csv, json, parquet, …
    header text, -- the header line, of a CSV
    row_count bigint not null, -- rows in the block, 10,000 at most
    sha256 text not null, -- of the block's text, before it is compressed
    payload text not null, -- the text in zstd and base64: a line a row, docs/ledger.md says how
    recorded_at timestamp not null, -- when the ledger learned it
    constraint pk_raw_blocks primary key (batch_id, first_row),
    constraint ck_raw_blocks_rows check (last_row >= first_row and row_count > 0),
    constraint fk_raw_blocks_batch foreign key (batch_id) references ledger_batches (batch_id)
);

-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table accounts add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table account_tier_events add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table instruments add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table signals add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table order_requests add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table orders add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table order_events add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table order_fills add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table market_ticks add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table market_readings add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table cash_movements add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table statements add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table statement_orders add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table statement_fills add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table statement_balances add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table break_resolutions add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table risk_events add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table kill_switch_events add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table trader_activity add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table tilt_responses add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table smoke_runs add column source_row bigint;
-- row of raw_blocks it was made of, in its batch: file's number * 2^40 + line
alter table opening_lots add column source_row bigint;

-- migrate:down

alter table opening_lots drop column source_row;
alter table smoke_runs drop column source_row;
alter table tilt_responses drop column source_row;
alter table trader_activity drop column source_row;
alter table kill_switch_events drop column source_row;
alter table risk_events drop column source_row;
alter table break_resolutions drop column source_row;
alter table statement_balances drop column source_row;
alter table statement_fills drop column source_row;
alter table statement_orders drop column source_row;
alter table statements drop column source_row;
alter table cash_movements drop column source_row;
alter table market_readings drop column source_row;
alter table market_ticks drop column source_row;
alter table order_fills drop column source_row;
alter table order_events drop column source_row;
alter table orders drop column source_row;
alter table order_requests drop column source_row;
alter table signals drop column source_row;
alter table instruments drop column source_row;
alter table account_tier_events drop column source_row;
alter table accounts drop column source_row;
drop table raw_blocks;
