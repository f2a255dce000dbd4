-- What a venue's own export tells of a statement's rows beyond what is compared.

-- migrate:up

-- the one instrument it tells of; null: all the account trades
alter table statements add column instrument_id text;
-- the id it has in order_fills; null where its file did not tell what that is made of
alter table statement_fills add column fill_id uuid;
-- the same of its order
alter table statement_fills add column order_id uuid;
-- MAKER or TAKER
alter table statement_fills add column liquidity text;
-- source text of the values that were rounded; null otherwise
alter table statement_fills add column raw_values json;
-- what a unit of a POSITION cost on average, quote units
alter table statement_balances add column average_price decimal(38, 12);

-- migrate:down

alter table statement_balances drop column average_price;
alter table statement_fills drop column raw_values;
alter table statement_fills drop column liquidity;
alter table statement_fills drop column order_id;
alter table statement_fills drop column fill_id;
alter table statements drop column instrument_id;
