-- Binance account, spot, USD-M and COIN-M, as GET /api/v3/account, /fapi/v2/account,
-- /fapi/v3/account and /dapi/v1/account answer them: balances and positions. Loaded `--as
-- statement`.
--
-- A spot balance is free and locked, of futures the wallet balance, which has the results of
-- closed positions in it and not those of open ones. A position is the sum of its sides in hedge
-- mode; its average price is told where there is one side. Each is of the moment it last changed
-- (updateTime); what has none, as it never changed, is passed over where it is nought, and else of
-- the account's. Symbols and contracts are those of binance-trades.
--
-- shape: balance
-- reads: json
-- recognised by: balances+makerCommission, assets+positions, balances+accountType
-- venue: binance
-- macros: binance

with accounts as (
    select
        row_id,
        record,
        ingest_unless_zero(record ->> '$.updateTime') as updated_at,
        coalesce(cast(record -> '$.balances' as json[]), []) as balances,
        coalesce(cast(record -> '$.assets' as json[]), []) as assets,
        coalesce(cast(record -> '$.positions' as json[]), []) as positions
    from ingest_raw
),

spot as (
    select
        row_id,
        updated_at,
        unnest(balances) as b
    from accounts
),

futures as (
    select
        row_id,
        updated_at,
        unnest(assets) as b
    from accounts
),

positions as (
    select
        row_id,
        updated_at,
        unnest(positions) as p
    from accounts
),

sides as (
    select
        row_id,
        p ->> '$.symbol' as venue_symbol,
        any_value(p ->> '$.marginAsset') as margin_asset,
        cast(sum(ingest_decimal(p ->> '$.positionAmt')) as varchar) as amount,
        list(ingest_unless_zero(p ->> '$.entryPrice')) filter (
            ingest_decimal(p ->> '$.positionAmt') <> 0
        ) as prices,
        coalesce(
            max(ingest_unless_zero(p ->> '$.updateTime')),
            case when bool_or(ingest_decimal(p ->> '$.positionAmt') <> 0) then any_value(updated_at)
            end
        ) as stated_at
    from positions
    group by row_id, p ->> '$.symbol'
),

held as (
    select
        *,
        binance_symbol(venue_symbol, true) as symbol,
        binance_quote(venue_symbol) as quote_currency,
        binance_base(venue_symbol, binance_quote(venue_symbol)) as base_currency
    from sides
    where stated_at is not null or ingest_decimal(amount) <> 0
),

final as (
    select
        row_id,
        case when len(balances) + len(assets) + len(positions) = 0
            then 'not_a_balance it has no balances, assets or positions' end as refusal,
        cast(null as varchar) as kind,
        cast(null as varchar) as currency,
        cast(null as varchar) as amount,
        cast(null as varchar) as stated_at
    from accounts
    where len(balances) + len(assets) + len(positions) = 0
    union all by name
    select
        row_id,
        'BALANCE' as kind,
        b ->> '$.asset' as currency,
        coalesce(
            cast(ingest_decimal(b ->> '$.free') + ingest_decimal(b ->> '$.locked') as varchar),
            b ->> '$.free'
        ) as amount,
        updated_at as stated_at
    from spot
    union all by name
    select
        row_id,
        'BALANCE' as kind,
        b ->> '$.asset' as currency,
        b ->> '$.walletBalance' as amount,
        coalesce(ingest_unless_zero(b ->> '$.updateTime'), updated_at) as stated_at
    from futures
    where ingest_unless_zero(b ->> '$.updateTime') is not null
        or ingest_unless_zero(b ->> '$.walletBalance') is not null
    union all by name
    select
        row_id,
        'POSITION' as kind,
        symbol,
        amount,
        case when len(prices) = 1 then prices[1] end as average_price,
        stated_at,
        base_currency,
        quote_currency,
        coalesce(
            margin_asset,
            case when quote_currency = 'USD' then base_currency else quote_currency end
        ) as settlement_currency,
        case
            when quote_currency = 'USD' or margin_asset = base_currency then 'INVERSE'
            else 'LINEAR'
        end as instrument_type,
        binance_contract_size(base_currency, quote_currency) as multiplier
    from held
)

select * from final
