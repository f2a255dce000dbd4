-- KuCoin Futures funding, as GET /api/v1/funding-history answers it.
--
-- Funding is cash of its contract, in the currency it settles in: above zero it was received. A
-- contract's size is not told: declare it.
--
-- shape: cash
-- reads: json
-- recognised by: funding+timePoint+settleCurrency
-- records: data.dataList, dataList
-- venue: kucoin-futures

with final as (
    select
        row_id,
        case
            when record ->> '$.funding' is null or record ->> '$.timePoint' is null
                then 'not_an_entry it has no funding and timePoint: is it an answer of '
                || '/api/v1/funding-history?'
        end as refusal,
        record ->> '$.id' as movement_id,
        'FUNDING' as kind,
        record ->> '$.funding' as amount,
        case record ->> '$.settleCurrency' when 'XBT' then 'BTC'
            else record ->> '$.settleCurrency' end as currency,
        record ->> '$.symbol' as symbol,
        record ->> '$.timePoint' as occurred_at
    from ingest_raw
)

select * from final
