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
