-- Kraken Futures account log, as GET /api/history/v2/account-log answers it.
--
-- Funding is cash, in the currency of the contract's margin: below zero it was paid. Transfers,
-- into or out of futures, are transfers, interest and other bookings without a trade adjustments,
-- each of the change of its balance. A trade's rows, and liquidations, assignments and unwinds,
-- are passed over: load kraken-futures-fills, which has their price and fee. An entry's id is
-- unique; a booking's entries share their booking_uid. An entry of the older balances of
-- contracts, whose asset is the contract, moves no cash but its funding.
--
-- shape: cash
-- reads: json
-- recognised by: booking_uid+info+margin_account
-- records: logs
-- venue: kraken-futures
-- macros: kraken

with entries as (
    select
        row_id,
        record,
        lower(coalesce(record ->> '$.info', '')) as info,
        upper(record ->> '$.asset') as asset,
        upper(nullif(record ->> '$.contract', '')) as contract,
        ingest_unless_zero(record ->> '$.realized_funding') as funding,
        ingest_decimal(record ->> '$.new_balance') - ingest_decimal(record ->> '$.old_balance')
            as change
    from ingest_raw
),

told as (
    select
        *,
        case
            when funding is not null then 'FUNDING'
            when contains(info, 'transfer') or contains(info, 'deposit')
                or contains(info, 'withdrawal')
                then 'TRANSFER'
            when contains(info, 'interest') then 'INTEREST'
            else 'ADJUSTMENT'
        end as kind,
        coalesce(contract, case when kraken_contract_type(asset) is not null then asset end)
            as symbol
    from entries
    where funding is not null
        or (
            change <> 0
            and not regexp_matches(info, 'trade|liquidation|assignment|unwind|settlement')
            and kraken_contract_type(asset) is null
        )
        or record ->> '$.id' is null
),

termed as (
    select
        *,
        case when kind = 'FUNDING' then kraken_contract_pair(symbol) end as currencies,
        kraken_contract_type(symbol) as instrument_type
    from told
),

final as (
    select
        row_id,
        case
            when record ->> '$.id' is null or record ->> '$.info' is null
                then 'not_an_entry it has no id and info: is it an answer of /account-log?'
        end as refusal,
        record ->> '$.id' as movement_id,
        kind,
        case when kind = 'FUNDING' then funding else cast(change as varchar) end as amount,
        case
            when kind <> 'FUNDING' then kraken_currency(asset)
            when nullif(record ->> '$.collateral', '') is not null
                then kraken_currency(upper(record ->> '$.collateral'))
            when symbol = asset and instrument_type = 'INVERSE' then currencies[1]
            when symbol = asset then currencies[2]
            else kraken_currency(asset)
        end as currency,
        case when kind = 'FUNDING' then symbol end as symbol,
        currencies[1] as base_currency,
        currencies[2] as quote_currency,
        case when kind = 'FUNDING' then instrument_type end as instrument_type,
        case when kind = 'FUNDING' and instrument_type is not null then '1' end as multiplier,
        record ->> '$.info' as reason,
        record ->> '$.date' as occurred_at
    from termed
)

select * from final
