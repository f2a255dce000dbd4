-- BitMEX balances and positions, as GET /user/margin, /user/wallet and /position answer them, and
-- the margin, wallet and position streams' partials send them. Loaded `--as statement`.
--
-- A balance is the wallet balance, of /user/wallet the amount, in the smallest unit of its
-- currency, as in bitmex-executions; results of open positions are not in it. A position is counted
-- in contracts, below zero where it is short. Each is of its timestamp. An inverse contract is
-- 1 USD; the size of a linear one is what homeNotional tells. Any other must be declared, or known
-- from its executions.
--
-- shape: balance
-- reads: json
-- recognised by: marginBalance+availableMargin+walletBalance, prevAmount+deltaAmount+amount
-- recognised by: currentQty+liquidationPrice+quoteCurrency
-- records: data
-- venue: bitmex
-- macros: bitmex

with records as (
    select
        row_id,
        record,
        record ->> '$.currency' as unit,
        record ->> '$.symbol' as symbol,
        bitmex_currency(record ->> '$.currency') as settle,
        bitmex_currency(record ->> '$.quoteCurrency') as quote,
        bitmex_base(record ->> '$.symbol', record ->> '$.quoteCurrency') as base,
        bitmex_contract_size(
            ltrim(record ->> '$.currentQty', '-'), ltrim(record ->> '$.homeNotional', '-')
        ) as size,
        coalesce(
            record ->> '$.execID', record ->> '$.orderID', record ->> '$.transactID'
        ) is not null as is_entry,
        coalesce(
            record ->> '$.walletBalance',
            case when record ->> '$.deltaAmount' is not null then record ->> '$.amount' end
        ) as held
    from ingest_raw
),

told as (
    select
        *,
        case
            when is_entry then 'NONE'
            when record ->> '$.currentQty' is not null then 'POSITION'
            when held is not null then 'BALANCE'
            else 'NONE'
        end as kind
    from records
),

final as (
    select
        row_id,
        case
            when kind = 'NONE'
                then 'not_a_balance it has neither a wallet balance nor a position: is it an '
                || 'answer of /user/margin, /user/wallet or /position?'
            when bitmex_exponent(unit) is null and unit is not null
                then 'unknown_unit how much of a currency one ' || unit || ' is, is not known'
        end as refusal,
        'BALANCE' as kind,
        settle as currency,
        bitmex_amount(held, unit) as amount,
        record ->> '$.timestamp' as stated_at
    from told
    where kind <> 'POSITION'
    union all by name
    select
        row_id,
        'POSITION' as kind,
        symbol,
        record ->> '$.currentQty' as amount,
        ingest_unless_zero(record ->> '$.avgEntryPrice') as average_price,
        record ->> '$.timestamp' as stated_at,
        base as base_currency,
        quote as quote_currency,
        settle as settlement_currency,
        case
            when settle = base and quote = 'USD' then 'INVERSE'
            when settle = quote and size is not null then 'LINEAR'
        end as instrument_type,
        case when settle = base and quote = 'USD' then '1' else size end as multiplier
    from told
    where kind = 'POSITION'
)

select * from final
