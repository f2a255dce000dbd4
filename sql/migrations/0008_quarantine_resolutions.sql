-- What a refused row needs to be mapped again, and that it was.

-- migrate:up

-- what its file was read as: csv, json or parquet; null in rows refused before this migration
alter table quarantine add column reader text;
-- the header line of its CSV
alter table quarantine add column header text;
-- the account that stood for rows that name none
alter table quarantine add column given_account text;
-- the venue that stood for rows that name none
alter table quarantine add column given_venue text;

-- Fact: a row of quarantine that was taken after all
create table quarantine_resolutions (
    quarantine_id uuid not null, -- the refused row
    resolution text not null, -- LOADED: its batch took the row's facts; KNOWN: the ledger had them
    recorded_at timestamp not null, -- when it was taken
    batch_id bigint not null, -- the batch that took it
    constraint pk_quarantine_resolutions primary key (quarantine_id),
    constraint ck_quarantine_resolutions_resolution check (resolution in ('LOADED', 'KNOWN')),
    constraint fk_quarantine_resolutions_row
    foreign key (quarantine_id) references quarantine (quarantine_id),
    constraint fk_quarantine_resolutions_batch
    foreign key (batch_id) references ledger_batches (batch_id)
);

-- migrate:down

drop table quarantine_resolutions;
alter table quarantine drop column given_venue;
alter table quarantine drop column given_account;
alter table quarantine drop column header;
alter table quarantine drop column reader;
