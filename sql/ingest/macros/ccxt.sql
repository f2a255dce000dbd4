-- How ccxt writes symbols: BASE/QUOTE, or BASE/QUOTE:SETTLE with what follows of a date or strike;
-- and what an envelope {exchange, parsed} holds.

-- the objects of an envelope; a record that is none is itself the one object
create or replace temp macro ccxt_parsed(record) as
    case
        when (record -> '$.parsed') is null then [record]
        when json_type(record -> '$.parsed') = 'ARRAY' then cast(record -> '$.parsed' as json[])
        else [record -> '$.parsed']
    end;

create or replace temp macro ccxt_quote(symbol) as
    nullif(split_part(split_part(symbol, '/', 2), ':', 1), '');

create or replace temp macro ccxt_settlement(symbol) as
    nullif(split_part(split_part(symbol, ':', 2), '-', 1), '');

-- what settles in its base is inverse
create or replace temp macro ccxt_type(symbol) as
    case
        when not contains(symbol, ':') then 'SPOT'
        when split_part(symbol, '/', 1) = ccxt_settlement(symbol) then 'INVERSE'
        else 'LINEAR'
    end;

-- what a unit is of; an option is of nothing but itself, as its price is no price of its underlying
create or replace temp macro ccxt_base(symbol) as
    case
        when regexp_matches(symbol, '-[0-9]+-[0-9.]+-[CP]$') then symbol
        else split_part(symbol, '/', 1)
    end;

-- how many powers of ten of price * amount a trade's cost is; null where none is told
create or replace temp macro ccxt_size_digits(cost, price, amount) as
    cast(round(log10(
        cast(ingest_decimal(cost) as double)
        / nullif(cast(ingest_decimal(price) as double) * cast(ingest_decimal(amount) as double), 0)
    )) as integer);

-- A contract's size, where the cost tells it: a power of ten, as price and cost may be rounded.
-- Null where there is no cost; empty where the cost says that it is another.
create or replace temp macro ccxt_multiplier(cost, price, amount) as
    case
        when coalesce(ingest_decimal(cost), 0) <= 0 or coalesce(ingest_decimal(price), 0) <= 0
            or coalesce(ingest_decimal(amount), 0) <= 0
            then null
        when abs(
            cast(ingest_decimal(cost) as double)
            / cast(ingest_decimal(price) as double) / cast(ingest_decimal(amount) as double)
            / 10.0 ** ccxt_size_digits(cost, price, amount) - 1
        ) > 0.001
            then ''
        when ccxt_size_digits(cost, price, amount) < 0
            then '0.' || repeat('0', -1 - ccxt_size_digits(cost, price, amount)) || '1'
        else '1' || repeat('0', ccxt_size_digits(cost, price, amount))
    end;

-- with the size it may have: of a contract whose size is neither told nor 1, nothing is known
create or replace temp macro ccxt_sized_type(symbol, size) as
    case when ccxt_type(symbol) <> 'LINEAR' or coalesce(size, '1') <> '' then ccxt_type(symbol) end;
