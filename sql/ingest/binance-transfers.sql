-- Binance deposits and withdrawals, as GET /sapi/v1/capital/deposit/hisrec and
-- /sapi/v1/capital/withdraw/history answer them.
--
-- A withdrawal's amount is what was sent, its transactionFee a fee of its own. A deposit is of
-- when it was completed, or else met; a withdrawal of when it was asked for. What is not done (a
-- deposit's status 1 or 6, a withdrawal's 6) is passed over: load it again later. The same are in
-- binance-history, under other ids: load one of the two.
--
-- shape: cash
-- reads: json
-- recognised by: coin+amount+insertTime+status, coin+amount+applyTime+status
-- venue: binance

with entries as (
    select
        row_id,
        record,
        (record ->> '$.applyTime') is not null as is_withdrawal,
        record ->> '$.amount' as amount,
        coalesce(nullif(record ->> '$.id', ''), record ->> '$.txId') as id,
        record ->> '$.coin' as currency,
        nullif(concat_ws(' ', record ->> '$.network', record ->> '$.txId'), '') as reason,
        coalesce(
            record ->> '$.applyTime', ingest_unless_zero(record ->> '$.completeTime'),
            record ->> '$.insertTime'
        ) as occurred_at
    from ingest_raw
    where record ->> '$.status' is null
        or (record ->> '$.applyTime' is null and record ->> '$.status' in ('1', '6'))
        or (record ->> '$.applyTime' is not null and record ->> '$.status' = '6')
),

final as (
    select
        row_id,
        case
            when occurred_at is null or record ->> '$.status' is null
                then 'not_an_entry it has no status, or no insertTime or applyTime'
        end as refusal,
        id as movement_id,
        case when is_withdrawal then 'WITHDRAWAL' else 'DEPOSIT' end as kind,
        case when is_withdrawal then ingest_negated(amount) else amount end as amount,
        currency,
        reason,
        occurred_at
    from entries
    union all by name
    select
        row_id,
        id || ' fee' as movement_id,
        'FEE' as kind,
        ingest_negated(record ->> '$.transactionFee') as amount,
        currency,
        reason,
        occurred_at
    from entries
    where is_withdrawal and ingest_unless_zero(record ->> '$.transactionFee') is not null
)

select * from final
