-- How Interactive Brokers writes times.

-- 20180927;145131, 2026-01-05;10:00:00 EST, 2026-07-14 10:15:22, or with a comma
create or replace temp macro ibkr_parts(t) as
    regexp_extract_all(
        t,
        '^([0-9]{4})-?([0-9]{2})-?([0-9]{2})[;, T]+([0-9]{2}):?([0-9]{2}):?([0-9]{2})'
        || '(?: ([A-Z]{3}))?$', 0
    )[1];

create or replace temp macro ibkr_iso(t) as
    regexp_replace(
        ibkr_parts(t),
        '^([0-9]{4})-?([0-9]{2})-?([0-9]{2})[;, T]+([0-9]{2}):?([0-9]{2}):?([0-9]{2}).*$',
        '\1-\2-\3T\4:\5:\6'
    );

-- without a zone it is New York's time, which Interactive Brokers writes unless told otherwise
create or replace temp macro ibkr_time(t) as
    case
        when ibkr_parts(t) is null then t
        when ends_with(t, ' EST') then ibkr_iso(t) || '-05:00'
        when ends_with(t, ' EDT') then ibkr_iso(t) || '-04:00'
        when ends_with(t, ' UTC') or ends_with(t, ' GMT') then ibkr_iso(t) || 'Z'
        when regexp_matches(t, '[A-Z]{3}$') then t
        else cast(
            timezone('UTC', timezone('America/New_York', try_cast(ibkr_iso(t) as timestamp)))
            as varchar
        )
    end;

-- one symbol stands for listings in several currencies; a pair of currencies has its own already
create or replace temp macro ibkr_symbol(symbol, asset, currency) as
    case
        when asset in ('CASH', 'CRYPTO') and contains(symbol, '.') then symbol
        when asset in ('STK', 'FUND', 'CRYPTO') then symbol || '.' || currency
        else symbol
    end;

-- What a unit is of. A share is of nothing but itself, and so is an option: a currency of the same
-- name (BTC is a fund's ticker, too) must not be priced by it.
create or replace temp macro ibkr_base(symbol, asset, currency, underlying) as
    case
        when asset in ('CASH', 'CRYPTO') and contains(symbol, '.') then split_part(symbol, '.', 1)
        when asset = 'CRYPTO' then symbol
        when asset in ('STK', 'FUND', 'OPT', 'FOP', 'FSFOP', 'WAR')
            then ibkr_symbol(symbol, asset, currency)
        when asset = 'CFD' then coalesce(nullif(underlying, ''), symbol) || '.' || currency
        when asset = 'FUT' then coalesce(nullif(underlying, ''), symbol)
    end;
