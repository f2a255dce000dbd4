-- Binance futures income, as GET /fapi/v1/income and /dapi/v1/income answer it.
--
-- Funding is cash of its contract, what was moved to or from futures a transfer, an insurance clear
-- a fee, and rebates, bonuses and all other income adjustments. Commissions and realized results
-- (COMMISSION, REALIZED_PNL) are passed over, as fills have them: load binance-trades. A tranId is
-- unique per type and symbol. Symbols and contracts are those of binance-trades. The same funding
-- is in binance-history, under other ids: load one of the two.
--
-- shape: cash
-- reads: json
-- recognised by: incomeType+income+tranId
-- venue: binance
-- macros: binance

with entries as (
    select
        row_id,
        record,
        record ->> '$.incomeType' as income_type,
        nullif(record ->> '$.symbol', '') as venue_symbol,
        record ->> '$.asset' as asset
    from ingest_raw
),

termed as (
    select
        *,
        case
            when income_type = 'FUNDING_FEE' then 'FUNDING'
            when contains(income_type, 'TRANSFER') then 'TRANSFER'
            when income_type in ('INSURANCE_CLEAR', 'POSITION_LIMIT_INCREASE_FEE') then 'FEE'
            else 'ADJUSTMENT'
        end as kind,
        binance_quote(venue_symbol) as quote_currency,
        binance_base(venue_symbol, binance_quote(venue_symbol)) as base_currency
    from entries
    where income_type is null or income_type not in ('COMMISSION', 'REALIZED_PNL')
),

final as (
    select
        row_id,
        case
            when income_type is null
                then 'not_an_entry it has no incomeType: is it an answer of /income?'
        end as refusal,
        income_type || coalesce(' ' || venue_symbol, '') || ' ' || (record ->> '$.tranId')
            as movement_id,
        kind,
        record ->> '$.income' as amount,
        asset as currency,
        case when kind = 'FUNDING' then binance_symbol(venue_symbol, true) end as symbol,
        case when kind = 'FUNDING' then base_currency end as base_currency,
        case when kind = 'FUNDING' then quote_currency end as quote_currency,
        case when kind = 'FUNDING' then asset end as settlement_currency,
        case
            when kind <> 'FUNDING' then null
            when asset = base_currency then 'INVERSE'
            else 'LINEAR'
        end as instrument_type,
        case when kind = 'FUNDING' then binance_contract_size(base_currency, quote_currency) end
            as multiplier,
        nullif(
            concat_ws(': ', income_type, nullif(nullif(record ->> '$.info', income_type), '')), ''
        ) as reason,
        record ->> '$.time' as occurred_at
    from termed
)

select * from final
