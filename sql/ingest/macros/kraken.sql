-- How Kraken writes currencies and pairs.

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
        'PYUSD|RLUSD|EUROP|USDT|USDC|USDG|USDQ|USDR|USDS|USDD|USD1|EURT|EURC|EURQ|EURR|'
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
