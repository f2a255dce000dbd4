-- Bybit v5 transaction log, as GET /v5/account/transaction-log and contract-transaction-log answer
-- it.
--
-- A settlement is funding, cash of its contract: what the balance changed by, less what the
-- position made in its session (cashFlow) and the fee. So its sign is the balance's in both logs,
-- though `funding` above zero was received in the first and paid in the second. It is known by its
-- tradeId: what bybit-executions tells under the same id is the same movement. Transfers are
-- transfers, interest is interest, what is called a fee a fee, and all else (bonuses, loans, each
-- currency of a conversion) an adjustment, each of the change of the balance. Trades, deliveries,
-- liquidations and auto-deleveraging are passed over, their fees too: load bybit-executions.
-- Deposits and withdrawals reach the account as transfers. Symbols are those of bybit-executions.
--
-- shape: cash
-- reads: json
-- recognised by: transactionTime+cashFlow+change
-- records: result.list, list
-- venue: bybit
-- macros: bybit

with entries as (
    select
        row_id,
        record,
        record ->> '$.type' as what,
        record ->> '$.category' as category,
        record ->> '$.symbol' as venue_symbol,
        record ->> '$.change' as change,
        coalesce(
            ingest_unless_zero(record ->> '$.cashFlow'), ingest_unless_zero(record ->> '$.fee')
        ) is not null as has_other_parts
    from ingest_raw
),

amounts as (
    select
        *,
        case
            when what <> 'SETTLEMENT' or not has_other_parts then change
            else cast(
                ingest_decimal(change)
                - ingest_decimal(coalesce(nullif(record ->> '$.cashFlow', ''), '0'))
                + ingest_decimal(coalesce(nullif(record ->> '$.fee', ''), '0')) as varchar
            )
        end as amount,
        bybit_quote(category, venue_symbol) as quote
    from entries
    where what is null
        or change is null
        or what not in ('TRADE', 'DELIVERY', 'LIQUIDATION', 'ADL')
),

told as (
    select
        *,
        case
            when what = 'SETTLEMENT' then 'FUNDING'
            when contains(what, 'TRANSFER') then 'TRANSFER'
            when contains(what, 'INTEREST') then 'INTEREST'
            when regexp_matches(what, '_FEE(_OUT)?$') then 'FEE'
            else 'ADJUSTMENT'
        end as kind,
        bybit_base(category, venue_symbol, quote) as base
    from amounts
    -- an amount that cannot be read is refused, not passed over
    where ingest_decimal(amount) is null or ingest_decimal(amount) <> 0
),

final as (
    select
        row_id,
        case
            when what is null or change is null
                then 'not_an_entry it has no type and change: is it an answer of '
                || '/v5/account/transaction-log?'
        end as refusal,
        case kind
            when 'FUNDING'
                then coalesce(nullif(record ->> '$.tradeId', ''), nullif(record ->> '$.id', ''))
            else coalesce(nullif(record ->> '$.id', ''), nullif(record ->> '$.tradeId', ''))
        end as movement_id,
        kind,
        amount,
        record ->> '$.currency' as currency,
        case when kind = 'FUNDING' then bybit_symbol(category, venue_symbol, quote) end as symbol,
        case when kind = 'FUNDING' then base end as base_currency,
        case when kind = 'FUNDING' then quote end as quote_currency,
        case
            when kind = 'FUNDING' then case category when 'inverse' then base else quote end
        end as settlement_currency,
        case when kind = 'FUNDING' then bybit_instrument_type(category) end as instrument_type,
        case when kind = 'FUNDING' then bybit_multiplier(category) end as multiplier,
        case when kind <> 'FUNDING' then what end as reason,
        record ->> '$.transactionTime' as occurred_at
    from told
)

select * from final
