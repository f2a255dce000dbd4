-- OKX bills, as GET /api/v5/account/bills and bills-archive answer them.
--
-- Funding (type 8) is cash of its contract, transfers (1) are transfers, interest (7) is interest,
-- clawbacks, rebates and all other bills adjustments, each of the change of the balance, or of
-- what it made (pnl) where a position of its own margin took it. Trades, deliveries, liquidations,
-- auto-deleveraging, conversions and moves between a balance and a position's margin (2, 3, 4, 5,
-- 6, 9) are passed over: load okx-fills. Derivatives must be declared.
--
-- shape: cash
-- reads: json
-- recognised by: billId+balChg+type
-- records: data
-- venue: okx
-- macros: okx

with bills as (
    select
        row_id,
        record,
        record ->> '$.type' as bill_type,
        coalesce(
            ingest_unless_zero(record ->> '$.balChg'), ingest_unless_zero(record ->> '$.pnl')
        ) as change
    from ingest_raw
),

final as (
    select
        row_id,
        case
            when bill_type is null or record ->> '$.billId' is null
                then 'not_an_entry it has no billId and type: is it an answer of /account/bills?'
        end as refusal,
        record ->> '$.billId' as movement_id,
        case bill_type
            when '8' then 'FUNDING' when '1' then 'TRANSFER' when '7' then 'INTEREST'
            else 'ADJUSTMENT'
        end as kind,
        change as amount,
        record ->> '$.ccy' as currency,
        case when bill_type = '8' then record ->> '$.instId' end as symbol,
        concat_ws(
            ': ', 'bill type ' || bill_type || coalesce('/' || (record ->> '$.subType'), ''),
            nullif(record ->> '$.notes', '')
        ) as reason,
        record ->> '$.ts' as occurred_at
    from bills
    where bill_type is null
        or (change is not null and bill_type not in ('2', '3', '4', '5', '6', '9'))
)

select * from final
