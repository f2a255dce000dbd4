-- How NautilusTrader names instruments: SYMBOL.VENUE, and what a symbol tells of its terms. A
-- fill's currency is that of its price, of an inverse contract as well: it does not tell one apart.

create or replace temp macro nautilus_symbol(instrument_id) as
    regexp_extract(instrument_id, '^(.*)[.][^.]+$', 1);

create or replace temp macro nautilus_venue(instrument_id) as
    nullif(lower(regexp_extract(instrument_id, '[.]([^.]+)$', 1)), '');

create or replace temp macro nautilus_pair(symbol) as
    regexp_replace(symbol, '-(PERP|LINEAR|SPOT)$', '');

-- the part after / or -, or, without either, the currency of the price, or a stablecoin
create or replace temp macro nautilus_stated_quote(pair, currency) as
    case
        when regexp_full_match(pair, '[A-Za-z0-9]+/[A-Za-z0-9]+') then split_part(pair, '/', 2)
        when regexp_full_match(pair, '[A-Za-z0-9]+-[A-Za-z0-9]+')
            and ingest_quote_currency(pair) = split_part(pair, '-', 2)
            then split_part(pair, '-', 2)
        when not regexp_full_match(pair, '[A-Za-z0-9]+') then null
        when currency is null
            then nullif(regexp_extract(pair, '^.+?(USDT|USDC|FDUSD|BUSD|TUSD)$', 1), '')
        when ends_with(pair, currency) and length(pair) > length(currency) then currency
    end;

create or replace temp macro nautilus_quote(symbol, currency) as
    case
        when coalesce(nautilus_stated_quote(nautilus_pair(symbol), currency) = currency, true)
            then nautilus_stated_quote(nautilus_pair(symbol), currency)
    end;

create or replace temp macro nautilus_base(symbol, quote) as
    rtrim(left(nautilus_pair(symbol), -length(quote)), '/-');

-- null where a contract on the base itself may be called the same: what is priced in USD and is
-- not said to be spot, and all of venues whose contracts have the names of pairs
create or replace temp macro nautilus_type(symbol, venue, quote) as
    case
        when quote is null or venue in ('bitmex', 'deribit') then null
        when regexp_matches(symbol, '-(PERP|LINEAR)$')
            then case when quote <> 'USD' then 'LINEAR' end
        when quote <> 'USD' or not regexp_full_match(symbol, '[A-Za-z0-9]+') then 'SPOT'
    end;
