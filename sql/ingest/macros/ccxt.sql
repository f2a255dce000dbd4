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

-- a trade's cost over price * amount; null where one of them is not told
create or replace temp macro ccxt_ratio(cost, price, amount) as
    case
        when ingest_decimal(cost) > 0 and ingest_decimal(price) > 0 and ingest_decimal(amount) > 0
            then cast(ingest_decimal(cost) as double)
                / cast(ingest_decimal(price) as double) / cast(ingest_decimal(amount) as double)
    end;

-- the power of ten that is nearest
create or replace temp macro ccxt_power(ratio) as cast(round(log10(ratio)) as integer);

-- 10 ** power, written out
create or replace temp macro ccxt_size(power) as
    case
        when power < 0 then '0.' || repeat('0', -1 - power) || '1'
        else '1' || repeat('0', power)
    end;

-- A contract's size, where the cost tells it: a power of ten, as price and cost may be rounded.
-- Null where there is no cost; empty where the cost says that it is another.
create or replace temp macro ccxt_multiplier(cost, price, amount) as
    case
        when ccxt_ratio(cost, price, amount) is null then null
        when abs(
            ccxt_ratio(cost, price, amount)
            / 10.0 ** ccxt_power(ccxt_ratio(cost, price, amount)) - 1
        ) > 0.001
            then ''
        else ccxt_size(ccxt_power(ccxt_ratio(cost, price, amount)))
    end;

-- with the size it may have: of a contract whose size is neither told nor 1, nothing is known
create or replace temp macro ccxt_sized_type(symbol, size) as
    case when ccxt_type(symbol) <> 'LINEAR' or coalesce(size, '1') <> '' then ccxt_type(symbol) end;
