-- BitMEX balances and positions, as GET /user/margin and /position answer them, and the margin and
-- position streams' partials send them. Loaded `--as statement`.
--
-- A balance is the wallet balance, in the smallest unit of its currency, as in bitmex-executions;
-- results of open positions are not in it. An answer of /user/wallet is refused, as its amount
-- lacks what was realised since noon UTC: load /user/margin. Nothing in a unit that is not known is
-- passed over.
--
-- A position is counted in contracts, below zero where it is short; of several of one contract in a
-- load, as long and short in hedge mode, it is the sum of the last of each, and its average price
-- is told where one is open. One that is told both isolated and not, or in both position modes, is
-- refused. An inverse contract is 1 USD; the size of a linear one is what homeNotional tells. Any
-- other must be declared, or known from its executions. Each is of its timestamp.
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
        record ->> '$.walletBalance' as held,
        record ->> '$.currentQty' as contracts,
        ingest_unless_zero(record ->> '$.avgEntryPrice') as price,
        record ->> '$.timestamp' as told_at,
        case
            when coalesce(
                record ->> '$.execID', record ->> '$.orderID', record ->> '$.transactID'
            ) is not null then 'NONE'
            when record ->> '$.currentQty' is not null then 'POSITION'
            when record ->> '$.walletBalance' is not null then 'BALANCE'
            when record ->> '$.deltaAmount' is not null then 'WALLET'
            else 'NONE'
        end as kind
    from ingest_raw
),

sides as (
    select
        *,
        max(bitmex_contract_size(
            ltrim(contracts, '-'), ltrim(record ->> '$.homeNotional', '-')
        )) over same_symbol as size,
        coalesce(record ->> '$.strategy', 'OneWay') as strategy,
        min(record ->> '$.crossMargin') over same_side
        <> max(record ->> '$.crossMargin') over same_side as is_either,
        row_number() over (
            same_side order by ingest_time(told_at) desc nulls last, row_id desc
        ) = 1 as is_last,
        count(distinct concat(record ->> '$.account', ' ', record ->> '$.strategy'))
            over same_symbol > 1 as has_several
    from records
    where kind = 'POSITION'
    window
        same_symbol as (partition by symbol),
        same_side as (partition by symbol, record ->> '$.account', record ->> '$.strategy')
),

positions as (
    select
        *,
        case
            when min(strategy = 'OneWay') over same_symbol
                <> max(strategy = 'OneWay') over same_symbol
                or bool_or(is_either) over same_symbol
                then 'ambiguous_balance it is told isolated and not, or in both position modes: '
                || 'load what is of one moment, or declare it with canonical-statement-balances'
        end as refusal,
        -- one as it is written, several as their sum, which none can be read of if one cannot
        case
            when not has_several then contracts
            when bool_or(ingest_decimal(contracts) is null) filter (is_last) over same_symbol
                then 'not a number'
            else cast(sum(ingest_decimal(contracts)) filter (is_last) over same_symbol as varchar)
        end as amount,
        case
            when not has_several then price
            when count(price) filter (is_last) over same_symbol = 1
                then max(price) filter (is_last) over same_symbol
        end as average_price,
        case when has_several then max(told_at) over same_symbol else told_at end as stated_at,
        settle = base and quote = 'USD' as is_inverse
    from sides
    window same_symbol as (partition by symbol)
),

final as (
    select
        row_id,
        case
            when kind = 'NONE'
                then 'not_a_balance it has neither a wallet balance nor a position: is it an '
                || 'answer of /user/margin or /position?'
            when kind = 'WALLET'
                then 'not_a_balance its amount lacks what was realised since noon: load '
                || '/user/margin instead of /user/wallet'
            when bitmex_exponent(unit) is null and unit is not null
                then 'unknown_unit how much of a currency one ' || unit || ' is, is not known'
        end as refusal,
        'BALANCE' as kind,
        settle as currency,
        bitmex_amount(held, unit) as amount,
        told_at as stated_at
    from records
    where kind <> 'POSITION'
        and (
            kind <> 'BALANCE' or bitmex_exponent(unit) is not null
            or coalesce(ingest_decimal(held) <> 0, true)
        )
    union all by name
    select
        row_id,
        refusal,
        'POSITION' as kind,
        symbol,
        amount,
        average_price,
        stated_at,
        base as base_currency,
        quote as quote_currency,
        settle as settlement_currency,
        case
            when is_inverse then 'INVERSE' when settle = quote and size is not null then 'LINEAR'
        end as instrument_type,
        case when is_inverse then '1' else size end as multiplier
    from positions
)

select * from final
