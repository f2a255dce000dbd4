-- How Binance writes symbols and orders, on spot, USD-M and COIN-M.

-- a USD-M contract stands apart from the spot pair of the same name; COIN-M symbols have a suffix
create or replace temp macro binance_symbol(venue_symbol, is_future) as
    case
        when is_future and not contains(venue_symbol, '_') then venue_symbol || '_PERP'
        else venue_symbol
    end;

-- with a suffix in USD (COIN-M), USDT or USDC alone: BNBUSD_PERP is not of BUSD
create or replace temp macro binance_quote(venue_symbol) as
    case
        when contains(venue_symbol, '_')
            then nullif(
                regexp_extract(split_part(venue_symbol, '_', 1), '^.+?(USDT|USDC|USD)$', 1), ''
            )
        else ingest_quote_currency(venue_symbol)
    end;

create or replace temp macro binance_base(venue_symbol, quote) as
    left(split_part(venue_symbol, '_', 1), -length(quote));

-- what one contract is: of COIN-M 100 USD of BTC and 10 USD of any other coin, as Binance specifies
-- them; of USD-M one unit of the base
create or replace temp macro binance_contract_size(base, quote) as
    case
        when quote = 'USD' and base = 'BTC' then '100'
        when quote = 'USD' then '10'
        when quote is not null then '1'
    end;

create or replace temp macro binance_status(word) as
    case
        when word in ('NEW', 'PENDING_CANCEL', 'NEW_INSURANCE', 'NEW_ADL') then 'ACCEPTED'
        when word = 'PENDING_NEW' then 'PENDING'
        when word = 'PARTIALLY_FILLED' then 'PARTIAL'
        when word = 'CANCELED' then 'CANCELLED'
        when word = 'EXPIRED_IN_MATCH' then 'EXPIRED'
        else word
    end;

-- STOP is a limit order on futures, with a price, and STOP_MARKET is none
create or replace temp macro binance_order_type(word, price) as
    case
        when word = 'LIMIT_MAKER' then 'LIMIT'
        when word like 'STOP_LOSS%' then 'STOP_LOSS'
        when word like 'TAKE_PROFIT%' then 'TAKE_PROFIT'
        when word like 'STOP%' and price is not null then 'STOP_LIMIT'
        when word like 'STOP%' or word like 'TRAILING_STOP%' then 'STOP'
        when word = 'LIQUIDATION' then 'LIMIT'
        else word
    end;

create or replace temp macro binance_time_in_force(word, order_type) as
    case
        when order_type = 'LIMIT_MAKER' or word = 'RPI' then 'GTX'
        when word = 'GTE_GTC' then 'GTC'
        else word
    end;

-- why the venue itself sent an order
create or replace temp macro binance_cause(client_order_id) as
    case
        when starts_with(client_order_id, 'autoclose-') then 'liquidation'
        when client_order_id = 'adl_autoclose' then 'auto-deleveraging'
        when starts_with(client_order_id, 'settlement_autoclose-') then 'settlement'
    end;

create or replace temp macro binance_liquidity(is_maker) as
    case is_maker when 'true' then 'MAKER' when 'false' then 'TAKER' end;

-- a number without the commas between its thousands; one without a point behind them stays as it is
create or replace temp macro binance_plain(number) as
    case
        when regexp_full_match(number, '-?[0-9]{1,3}(,[0-9]{3})+[.][0-9]+')
            then replace(number, ',', '')
        else number
    end;
