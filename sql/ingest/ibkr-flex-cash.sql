-- Interactive Brokers Flex Query, section Cash Transactions: XML, or CSV with a header line and
-- without section codes.
--
-- Deposits and withdrawals are such, interest is interest, dividends, payments in lieu, price
-- adjustments and other income are adjustments, taxes withheld and fees are fees; what was paid is
-- below zero. The reason names the type, the symbol and what the broker says of it. Sums
-- (levelOfDetail SUMMARY) are passed over, as they repeat what the details say. An entry is known
-- by its transaction id. A time without a zone is New York's; a date alone is its start there.
--
-- shape: cash
-- reads: csv, xml
-- recognised by: currencyprimary+amount+type+description+transactionid
-- recognised by: currency+amount+type+description+transactionid
-- records: CashTransaction
-- columns: type, amount, transactionid
-- optional: clientaccountid, accountid, accountalias, acctalias, model, currencyprimary, currency
-- optional: fxratetobase, assetclass, assetcategory, subcategory, symbol, description, conid
-- optional: securityid, securityidtype, cusip, isin, figi, listingexchange, underlyingconid
-- optional: underlyingsymbol, underlyingsecurityid, underlyinglistingexchange, issuer
-- optional: issuercountrycode, multiplier, strike, expiry, put/call, putcall
-- optional: principaladjustfactor, date/time, datetime, settledate, availableforttradingdate
-- optional: availablefortradingdate, reportdate, exdate, tradeid, code, clientreference, actionid
-- optional: levelofdetail, serialnumber, deliverytype, commoditytype, fineness, weight
-- venue: ibkr
-- macros: ibkr

with entries as (
    select
        *,
        coalesce(nullif(clientaccountid, ''), accountid) as account,
        lower(type) as what,
        coalesce(nullif("date/time", ''), nullif(datetime, ''), nullif(reportdate, ''), settledate)
            as moment
    from ingest_raw
    -- a file of several accounts names its columns before each
    where type <> 'Type'
        and upper(coalesce(nullif(levelofdetail, ''), 'DETAIL')) = 'DETAIL'
),

final as (
    select
        row_id,
        account,
        transactionid as movement_id,
        case
            when contains(what, 'deposit') or contains(what, 'withdrawal') then
                case when starts_with(amount, '-') then 'WITHDRAWAL' else 'DEPOSIT' end
            when contains(what, 'interest') then 'INTEREST'
            when contains(what, 'fee') or contains(what, 'tax') or contains(what, 'commission')
                then 'FEE'
            else 'ADJUSTMENT'
        end as kind,
        amount,
        coalesce(nullif(currencyprimary, ''), currency) as currency,
        nullif(concat_ws(': ', nullif(type, ''), nullif(description, '')), '') as reason,
        ibkr_time(
            case
                when regexp_full_match(moment, '[0-9]{4}-?[0-9]{2}-?[0-9]{2}')
                    then moment || ';000000'
                else moment
            end
        ) as occurred_at
    from entries
)

select * from final
