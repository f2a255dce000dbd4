-- How BitMEX writes units, symbols and orders: XBTUSD, XBTUSDT, XBTM24 (in USD), EOSH19 (in XBT),
-- ETHUSD_ETH, and XBT_USDT spot.

-- the currency that a unit is of, or is a part of; XBT is BTC
create or replace temp macro bitmex_currency(unit) as
    case upper(unit)
        when 'XBT' then 'BTC' when 'GWEI' then 'ETH' when 'LAMP' then 'SOL' else upper(unit)
    end;

-- what one of a currency's smallest unit is, to be written behind a whole number
create or replace temp macro bitmex_exponent(unit) as
    case upper(unit)
        when 'XBT' then 'e-8' when 'USDT' then 'e-6' when 'GWEI' then 'e-9'
        when 'LAMP' then 'e-9' when 'BMEX' then 'e-6'
    end;

-- a count of a currency's smallest unit as an amount of it; a text that is no number stays as it is
create or replace temp macro bitmex_amount(units, unit) as
    case
        when ingest_decimal(units) is null then units
        else units || coalesce(bitmex_exponent(unit), '')
    end;

-- `quote` here and below is the code as BitMEX writes it
create or replace temp macro bitmex_is_spot(symbol, quote) as
    contains(symbol, '_') and split_part(symbol, '_', 2) = upper(quote);

create or replace temp macro bitmex_stem(symbol) as
    regexp_replace(split_part(symbol, '_', 1), '[FGHJKMNQUVXZ][0-9]{2}$', '');

create or replace temp macro bitmex_base(symbol, quote) as
    bitmex_currency(
        case
            when bitmex_is_spot(symbol, quote) then bitmex_stem(symbol)
            when ends_with(bitmex_stem(symbol), upper(quote))
                and length(bitmex_stem(symbol)) > length(quote)
                then left(bitmex_stem(symbol), -length(quote))
            else bitmex_stem(symbol)
        end
    );

create or replace temp macro bitmex_order_type(word) as
    case word
        when 'Stop' then 'STOP' when 'StopLimit' then 'STOP_LIMIT'
        when 'MarketIfTouched' then 'TAKE_PROFIT' when 'LimitIfTouched' then 'TAKE_PROFIT'
        when 'Market' then 'MARKET' when 'MarketWithLeftOverAsLimit' then 'MARKET'
        when 'Limit' then 'LIMIT' when 'Pegged' then 'LIMIT'
        else word
    end;

create or replace temp macro bitmex_time_in_force(word, instructions) as
    case
        when contains(instructions, 'ParticipateDoNotInitiate') then 'GTX'
        when word = 'GoodTillCancel' then 'GTC'
        when word = 'ImmediateOrCancel' then 'IOC'
        when word = 'FillOrKill' then 'FOK'
        when word = 'Day' then 'DAY'
    end;

-- what one contract is of its base currency, 10^-n, by a count of contracts and what it is worth in
-- that currency; null where they tell no such size
create or replace temp macro bitmex_contract_size(contracts, home) as
    list_filter(
        ['1', '1e-1', '1e-2', '1e-3', '1e-4', '1e-5', '1e-6', '1e-7', '1e-8', '1e-9'],
        lambda size: ingest_decimal(home) > 0
            and ingest_decimal(contracts || substr(size, 2)) = ingest_decimal(home)
    )[1];
