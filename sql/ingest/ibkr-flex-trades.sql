-- Interactive Brokers Flex Query, section Trades (Executions) or Trade Confirmations: XML, or CSV
-- with a header line and without section codes.
--
-- A fill is known by its trade id, or execution id. Commission and taxes below zero were paid,
-- above zero are a rebate. A cancelled trade, BUY (Ca.), is a bust of the trade that origTradeID
-- names. Sums of orders and symbols, closed lots and wash sales (levelOfDetail) are passed over.
-- Times without a zone are New York's. A stock, fund or currency is a spot pair, called
-- SYMBOL.CURRENCY, as one symbol stands for listings in several; a contract keeps its symbol and
-- has its multiplier. Bonds must be declared. A trade without an order's id has an order of its
-- own.
--
-- shape: fill
-- reads: csv, xml
-- recognised by: currencyprimary+buy/sell+tradeprice+ibcommission
-- recognised by: currencyprimary+buy/sell+price+commission
-- records: Trade, TradeConfirm
-- columns: symbol, quantity
-- optional: clientaccountid, accountid, currencyprimary, currency, assetclass, assetcategory
-- optional: underlyingsymbol, multiplier, tradeid, ibexecid, execid, transactionid, iborderid
-- optional: orderid, datetime, date/time, tradedate, tradetime, tradeprice, price, ibcommission
-- optional: commission, ibcommissioncurrency, commissioncurrency, taxes, tax, buy/sell, buysell
-- optional: levelofdetail, origtradeid, transactiontype, notes/codes, notes, code, exchange
-- optional: listingexchange, accountalias, acctalias, model, fxratetobase, subcategory
-- optional: description, conid, securityid, securityidtype, cusip, isin, figi, underlyingconid
-- optional: underlyingsecurityid, underlyinglistingexchange, issuer, issuercountrycode
-- optional: relatedtradeid, strike, reportdate, expiry, put/call, putcall, principaladjustfactor
-- optional: settledatetarget, settledate, trademoney, proceeds, netcash, netcashinbase
-- optional: closeprice, open/closeindicator, opencloseindicator, costbasis, cost, fifopnlrealized
-- optional: capitalgainspnl, fxpnl, mtmpnl, origtradeprice, origtradedate, origorderid
-- optional: origtransactionid, clearingfirmid, relatedtransactionid, rtn, brokerageorderid
-- optional: orderreference, volatilityorderlink, exchorderid, extexecid, ordertime, opendatetime
-- optional: holdingperioddatetime, whenrealized, whenreopened, changeinprice, changeinquantity
-- optional: ordertype, traderid, isapiorder, accruedinterest, initialinvestment, positionactionid
-- optional: serialnumber, deliverytype, commoditytype, fineness, weight, amount
-- venue: ibkr
-- macros: ibkr

with trades as (
    select
        *,
        coalesce(nullif(clientaccountid, ''), accountid) as account,
        coalesce(nullif(currencyprimary, ''), currency) as trade_currency,
        upper(coalesce(nullif(assetclass, ''), assetcategory)) as asset,
        coalesce(
            nullif(tradeid, ''), nullif(ibexecid, ''), nullif(execid, ''), nullif(transactionid, '')
        ) as fill_id,
        coalesce(nullif(iborderid, ''), orderid) as stated_order,
        coalesce(
            nullif(datetime, ''), nullif("date/time", ''),
            tradedate || ';' || nullif(tradetime, ''), tradedate
        ) as moment,
        upper(coalesce(nullif("buy/sell", ''), buysell)) as direction,
        coalesce(nullif(ibcommission, ''), nullif(commission, ''), '0') as paid,
        coalesce(nullif(taxes, ''), nullif(tax, ''), '0') as taxed,
        coalesce(
            nullif(ibcommissioncurrency, ''), nullif(commissioncurrency, ''),
            nullif(currencyprimary, ''), currency
        ) as paid_currency
    from ingest_raw
    -- a file of several accounts names its columns before each
    where symbol <> 'Symbol'
        and upper(coalesce(nullif(levelofdetail, ''), 'EXECUTION')) = 'EXECUTION'
),

termed as (
    select
        *,
        ibkr_symbol(symbol, asset, trade_currency) as known_symbol,
        ibkr_base(symbol, asset, trade_currency, underlyingsymbol) as base_currency
    from trades
),

final as (
    select
        row_id,
        case
            when ingest_decimal(taxed) <> 0 and ingest_decimal(paid) <> 0
                and paid_currency <> trade_currency
                then 'several_fee_currencies a commission in ' || paid_currency || ' and taxes in '
                || trade_currency || ', and a fill has one fee currency'
        end as refusal,
        account,
        known_symbol as symbol,
        base_currency,
        case when base_currency is not null then trade_currency end as quote_currency,
        case
            when asset in ('STK', 'FUND', 'CASH', 'CRYPTO') then 'SPOT'
            when base_currency is not null and coalesce(multiplier, '') <> '' then 'LINEAR'
        end as instrument_type,
        case
            when asset not in ('STK', 'FUND', 'CASH', 'CRYPTO') then nullif(multiplier, '')
        end as multiplier,
        coalesce(
            nullif(nullif(stated_order, ''), '0'),
            'of-trade-' || case when contains(direction, '(CA.)') and origtradeid <> ''
                then origtradeid else fill_id end
        ) as order_id,
        fill_id,
        case when starts_with(direction, 'BUY') then 'BUY' when starts_with(direction, 'SELL')
            then 'SELL' else direction end as side,
        ltrim(quantity, '-') as quantity,
        coalesce(nullif(tradeprice, ''), price) as price,
        case
            when ingest_decimal(taxed) = 0 then ingest_negated(paid)
            else cast(-(ingest_decimal(paid) + ingest_decimal(taxed)) as varchar)
        end as fee_amount,
        case
            when ingest_decimal(paid) = 0 and ingest_decimal(taxed) <> 0 then trade_currency
            else paid_currency
        end as fee_currency,
        ibkr_time(moment) as executed_at,
        case when contains(direction, '(CA.)') then 'BUST' else 'TRADE' end as kind,
        case when contains(direction, '(CA.)') then nullif(origtradeid, '') end as corrects_fill_id
    from termed
)

select * from final
