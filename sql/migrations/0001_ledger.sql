-- The ledger's own books: the batches every fact belongs to, and what ingest refused.
--
-- A comment that ends a column's line is that column's comment in the database; the comment above
-- a table is the table's. A table whose comment begins with "Fact:" is append-only: the runner has
-- the database refuse UPDATE, DELETE and TRUNCATE on it. Every foreign key stands in a constraint
-- named fk_…: an engine where it costs more than it proves (DuckDB) leaves it out, ingest and the
-- checks prove it there. All times are UTC.

-- migrate:up

-- Fact: one atomic append of facts; rows chain by batch_id
create table ledger_batches (
    batch_id bigint not null, -- position in the chain, from 1 without gaps
    kind text not null, -- what appended the facts
    source text not null, -- the file, seed or program the facts came from
    format text, -- the ingest format, where there was one
    row_count bigint not null, -- facts appended, over all tables
    content_hash text not null, -- sha256 over the tables' roots, see docs/ledger.md
    previous_hash text, -- chain_hash of the batch before; null in the first
    chain_hash text not null, -- sha256 over previous_hash, batch, schema version and content_hash
    schema_version integer not null, -- migration the database stood at
    recorded_at timestamp not null, -- when the ledger learned these facts
    constraint pk_ledger_batches primary key (batch_id),
    constraint uq_ledger_batches_chain unique (chain_hash),
    constraint ck_ledger_batches_kind
    check (kind in ('SEED', 'INGEST', 'STATEMENT', 'EXECUTION', 'ADJUSTMENT')),
    constraint ck_ledger_batches_row_count check (row_count >= 0)
);

-- Fact: one fact table's part of a batch
create table ledger_batch_tables (
    batch_id bigint not null, -- the batch
    table_name text not null, -- the fact table
    row_count bigint not null, -- rows appended to it
    root_hash text not null, -- sha256 over its ordered row blocks
    recorded_at timestamp not null, -- when the ledger learned it
    constraint pk_ledger_batch_tables primary key (batch_id, table_name),
    constraint fk_ledger_batch_tables_batch
    foreign key (batch_id) references ledger_batches (batch_id)
);

-- Fact: a row refused at ingest, verbatim
create table quarantine (
    quarantine_id uuid not null, -- uuid5 of source, line and reason
    source text not null, -- the file
    format text not null, -- the ingest format it was read as
    line_number bigint, -- 1-based line (CSV, NDJSON) or record (JSON, Parquet)
    reason_code text not null, -- short name of the reason, see docs/ingest.md
    reason text not null, -- the reason in words, with the offending value
    raw text not null, -- the row as it was read, JSON or the line itself
    recorded_at timestamp not null, -- when it was refused
    batch_id bigint not null, -- the batch that refused it
    constraint pk_quarantine primary key (quarantine_id)
);

create index ix_quarantine_source on quarantine (source, line_number);

-- migrate:down

drop table quarantine;
drop table ledger_batch_tables;
drop table ledger_batches;

-- migrate:verify

-- the chain has no gap
select batch_id
from ledger_batches
where batch_id > 1
    and batch_id - 1 not in (select b.batch_id from ledger_batches as b);
