-- What the load of a refused row claimed of its statement, to map the row again as it was meant.

-- migrate:up

-- the first moment the statement covers; null: its rows tell it, or they are of no statement
alter table quarantine add column given_start timestamp;
-- the first moment it no longer covers
alter table quarantine add column given_end timestamp;
-- whether it is whole of the account, or of the symbols in its file
alter table quarantine add column given_scope text;

-- migrate:down

alter table quarantine drop column given_scope;
alter table quarantine drop column given_end;
alter table quarantine drop column given_start;
