-- Bybit v5 balances and positions, as GET /v5/account/wallet-balance and /v5/position/list answer
-- them, and the wallet and position streams send them. Loaded `--as statement`.
--
-- A balance is the wallet balance of a coin, which has no results of open positions in it. A
-- position is below zero where its side is Sell, and of both sides of one contract the sum; its
-- average price is told where there is one side. Each is of the moment of the answer, or else the
-- position's last change. Symbols are those of bybit-executions.
--
-- shape: balance
-- reads: json
-- recognised by: result.list.coin.walletBalance, result.list.positionIdx+result.list.size
-- recognised by: data.coin.walletBalance, data.positionIdx+data.size
-- recognised by: list.coin.walletBalance, list.positionIdx+list.size
-- venue: bybit
-- macros: bybit

with entries as (
    select
        row_id,
        item,
        entry,
        page_told_at,
        coalesce(entry ->> '$.category', page_category) as category,
        entry ->> '$.symbol' as venue_symbol,
        json_type(entry -> '$.coin') = 'ARRAY' as is_wallet,
        entry ->> '$.positionIdx' is not null and entry ->> '$.size' is not null as is_position
    from bybit_entries()
),

coins as (
    select
        row_id,
        page_told_at,
        unnest(cast(entry -> '$.coin' as json[])) as c
    from entries
    where is_wallet
),

sides as (
    select
        *,
        case when entry ->> '$.side' = 'Sell' then ingest_negated(entry ->> '$.size')
            else entry ->> '$.size' end as amount,
        coalesce(
            ingest_unless_zero(entry ->> '$.avgPrice'), ingest_unless_zero(entry ->> '$.entryPrice')
        ) as price,
        coalesce(page_told_at, entry ->> '$.updatedTime') as told_at
    from entries
    where is_position
),

positions as (
    select
        row_id,
        category,
        venue_symbol,
        bybit_quote(category, venue_symbol) as quote,
        -- one side as it is written, two as their sum, which none can be read of if one cannot
        case
            when count(*) = 1 then any_value(amount)
            when count(ingest_decimal(amount)) = count(*)
                then cast(sum(ingest_decimal(amount)) as varchar)
            else 'not a number'
        end as amount,
        case when count(price) = 1 then max(price) end as average_price,
        max(told_at) as stated_at
    from sides
    group by row_id, category, venue_symbol
),

final as (
    select
        row_id,
        'not_a_balance it has neither coins nor a position: is it an answer of '
        || '/v5/account/wallet-balance or /v5/position/list?' as refusal
    from entries
    where not coalesce(is_wallet, false) and not coalesce(is_position, false)
    union all by name
    select
        row_id,
        'BALANCE' as kind,
        c ->> '$.coin' as currency,
        c ->> '$.walletBalance' as amount,
        page_told_at as stated_at
    from coins
    union all by name
    select
        row_id,
        'POSITION' as kind,
        bybit_symbol(category, venue_symbol, quote) as symbol,
        amount,
        average_price,
        stated_at,
        bybit_base(category, venue_symbol, quote) as base_currency,
        quote as quote_currency,
        case category when 'inverse' then bybit_base(category, venue_symbol, quote) else quote end
            as settlement_currency,
        bybit_instrument_type(category) as instrument_type,
        bybit_multiplier(category) as multiplier
    from positions
)

select * from final
