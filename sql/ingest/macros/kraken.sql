-- How Kraken writes currencies, pairs and contracts.

-- a currency without the X or Z of the older codes; XBT is BTC, XDG is DOGE
create or replace temp macro kraken_currency(code) as
    case
        when code in ('XBT', 'XXBT') then 'BTC'
        when code in ('XDG', 'XXDG') then 'DOGE'
        else regexp_replace(
            code, '^(X(ETC|ETH|LTC|MLN|REP|XLM|XMR|XRP|ZEC)|Z(USD|EUR|GBP|CAD|JPY|AUD))$',
            '\2\3'
        )
    end;

-- the quote currency a pair ends with, the longest there is: XBTUSD, too, ends with TUSD
create or replace temp macro kraken_quote(pair) as
    nullif(regexp_extract(
        pair,
        '(?s)^.+?('
        'PYUSD|RLUSD|AUSD|EUROP|USDT|USDC|USDG|USDQ|USDR|USDS|USDD|USD1|EURT|EURC|EURQ|EURR|'
        'USD|EUR|GBP|CAD|JPY|AUD|CHF|AED|XBT|BTC|ETH|DAI|DOT'
        ')$', 1
    ), '');

-- base and quote of a pair: at its slash; after four of eight letters that end in a code of the
-- older assets, as XXBTZUSD; else at its quote currency. .d is the dark pool
create or replace temp macro kraken_pair(pair) as
    list_transform(
        case
            when contains(pair, '/') then string_split(pair, '/')
            when regexp_full_match(
                pair, '[A-Z]{4}(Z(USD|EUR|GBP|CAD|JPY|AUD)|X(XBT|ETH|LTC|XDG))([.]d)?'
            ) then [left(pair, 4), substr(pair, 5, 4)]
            else [
                left(pair, strpos(pair || '.d', '.d') - 1
                    - length(kraken_quote(left(pair, strpos(pair || '.d', '.d') - 1)))),
                kraken_quote(left(pair, strpos(pair || '.d', '.d') - 1))
            ]
        end,
        lambda code: kraken_currency(code)
    );

-- PI_ and FI_ are inverse contracts, PF_ and FF_ linear ones; null of what is none of them
create or replace temp macro kraken_contract_type(symbol) as
    case
        when left(symbol, 3) in ('PI_', 'FI_') then 'INVERSE'
        when left(symbol, 3) in ('PF_', 'FF_') then 'LINEAR'
    end;

-- base and quote of a futures contract
create or replace temp macro kraken_contract_pair(symbol) as
    case
        when kraken_contract_type(symbol) is not null then kraken_pair(split_part(symbol, '_', 2))
    end;
