-- Interactive Brokers Flex Query, sections Open Positions and Cash Report, in XML. Loaded `--as
-- statement`.
--
-- A position is its summary, below zero where it is short, with its average price (openPrice, or
-- costBasisPrice); lots (levelOfDetail LOT) are passed over. A currency's cash is its endingCash;
-- the sum in the base currency is passed over. Both are of the end of their day, reportDate or
-- toDate, in New York. Symbols are those of ibkr-flex-trades.
--
-- shape: balance
-- reads: xml
-- records: OpenPosition, CashReportCurrency
-- venue: ibkr
-- macros: ibkr

with fields as (
    select
        row_id,
        nullif(record ->> '$.accountid', '') as account,
        upper(record ->> '$.levelofdetail') as detail,
        nullif(record ->> '$.endingcash', '') as cash,
        record ->> '$.position' as position,
        nullif(record ->> '$.currency', '') as currency,
        upper(record ->> '$.assetcategory') as asset,
        record ->> '$.symbol' as symbol,
        record ->> '$.underlyingsymbol' as underlying,
        nullif(record ->> '$.multiplier', '') as multiplier,
        coalesce(
            nullif(record ->> '$.openprice', ''), nullif(record ->> '$.costbasisprice', '')
        ) as average_price,
        ibkr_time(
            coalesce(nullif(record ->> '$.reportdate', ''), record ->> '$.todate') || ';235959'
        ) as stated_at
    from ingest_raw
),

termed as (
    select
        *,
        ibkr_symbol(symbol, asset, currency) as known_symbol,
        ibkr_base(symbol, asset, currency, underlying) as base_currency
    from fields
    where cash is null
        and coalesce(detail, '') <> 'LOT'
),

final as (
    select
        row_id,
        account,
        'BALANCE' as kind,
        currency,
        cash as amount,
        stated_at
    from fields
    where cash is not null
        and currency <> 'BASE_SUMMARY'
    union all by name
    select
        row_id,
        account,
        'POSITION' as kind,
        known_symbol as symbol,
        position as amount,
        average_price,
        stated_at,
        base_currency,
        case when base_currency is not null then currency end as quote_currency,
        case
            when asset in ('STK', 'FUND', 'CASH', 'CRYPTO') then 'SPOT'
            when base_currency is not null and multiplier is not null then 'LINEAR'
        end as instrument_type,
        case when asset not in ('STK', 'FUND', 'CASH', 'CRYPTO') then multiplier end as multiplier
    from termed
)

select * from final
