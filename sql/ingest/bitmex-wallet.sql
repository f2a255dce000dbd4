-- BitMEX wallet history, as GET /user/walletHistory answers it.
--
-- Deposits, withdrawals and transfers are such, and what else is booked without a trade (payouts,
-- each currency of a conversion) an adjustment. An amount is what the wallet changed by, its fee
-- within it: the two are movements of their own that add up to it. Amounts count the smallest unit
-- of their currency, as in bitmex-executions. Realised and unrealised results, funding and spot
-- trades are passed over, as executions have them: load bitmex-executions. What is not completed
-- (pending, canceled) is passed over: load it again later; so is what moved nothing. Each is of
-- when it was booked (timestamp).
--
-- shape: cash
-- reads: json
-- recognised by: transactID+transactType+amount
-- records: data
-- venue: bitmex
-- macros: bitmex, movements

with entries as (
    select
        row_id,
        record,
        record ->> '$.transactType' as what,
        record ->> '$.currency' as unit,
        record ->> '$.amount' as amount,
        record ->> '$.fee' as fee,
        coalesce(record ->> '$.timestamp', record ->> '$.transactTime') as occurred_at
    from ingest_raw
    where record ->> '$.transactType' is null
        or (
            record ->> '$.transactType'
            not in ('RealisedPNL', 'UnrealisedPNL', 'Funding', 'SpotTrade')
            and coalesce(record ->> '$.transactStatus', 'Completed') = 'Completed'
        )
),

told as (
    select
        *,
        case
            when what is null
                then 'not_an_entry it has no transactType: is it an answer of '
                || '/user/walletHistory?'
            when bitmex_exponent(unit) is null and unit is not null
                then 'unknown_unit how much of a currency one ' || unit || ' is, is not known'
        end as refusal,
        case when bitmex_exponent(unit) is not null then bitmex_currency(unit) end as currency,
        nullif(
            concat_ws(
                ' ', what, nullif(record ->> '$.network', ''), nullif(record ->> '$.tx', ''),
                nullif(record ->> '$.text', '')
            ), ''
        ) as reason
    from entries
),

movements as (
    select
        row_id,
        refusal,
        unit,
        currency,
        reason,
        occurred_at,
        unnest(movements_of(
            record ->> '$.transactID',
            case what
                when 'Deposit' then 'DEPOSIT' when 'Withdrawal' then 'WITHDRAWAL'
                when 'Transfer' then 'TRANSFER' else 'ADJUSTMENT'
            end,
            amount, fee
        ), recursive := true)
    from told
),

final as (
    select
        row_id,
        refusal,
        -- an entry and its fee are one thing that was read
        0 as item,
        movement_id,
        kind,
        bitmex_amount(amount, unit) as amount,
        currency,
        reason,
        occurred_at
    from movements
)

select * from final
