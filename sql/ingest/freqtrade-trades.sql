-- freqtrade trades: a backtest's result file, `freqtrade show-trades --print-json`, or the API's
-- /trades.
--
-- Each filled order of a trade is a fill, of its filled amount at its average price, as freqtrade
-- does not tell the executions; a trade without orders has one that opened and one that closed it.
-- A backtest's order has no id: it is known by the trade's pair, opening and its number among the
-- orders. A fee is what freqtrade says it cost, where one order of that end of the trade was
-- filled; else its rate times the order's value, in the quote currency. Of several filled orders
-- whose fee is only told as a sum in another currency, none is loaded. Funding is cash, once a
-- trade is closed. The venue is the trade's exchange, --venue, or freqtrade. PAIR:SETTLE is a
-- contract on one unit of its base.
--
-- shape: fill, cash
-- reads: json
-- recognised by: pair+open_rate+stake_amount, trades.pair+trades.open_rate+trades.stake_amount
-- recognised by: strategy_comparison+strategy
-- records: strategy.<strategy_name>, trades
-- venue: freqtrade
-- repeats: yes

with answers as (
    -- a backtest's strategy holds its trades, numbered here; any other record is one
    select
        row_id,
        unnest(case
            when json_type(record -> '$.trades') = 'ARRAY'
                then cast(record -> '$.trades' as json[])
            else [record]
        end) as trade,
        unnest(range(case
            when json_type(record -> '$.trades') = 'ARRAY'
                then cast(json_array_length(record -> '$.trades') as bigint)
            else 1
        end)) as nth_trade,
        json_type(record -> '$.trades') = 'ARRAY' as is_part
    from ingest_raw
),

trades as (
    select
        *,
        case when is_part then cast(trade as varchar) end as part,
        trade ->> '$.pair' as symbol,
        split_part(trade ->> '$.pair', '/', 1) as base_currency,
        split_part(split_part(trade ->> '$.pair', '/', 2), ':', 1) as quote_currency,
        nullif(split_part(trade ->> '$.pair', ':', 2), '') as settlement_currency,
        coalesce(trade ->> '$.is_short', 'false') = 'true' as is_short,
        coalesce(trade ->> '$.trade_id', (trade ->> '$.pair') || ' ' || coalesce(
            trade ->> '$.open_timestamp', trade ->> '$.open_date'
        )) as trade_key,
        case
            when json_array_length(trade -> '$.orders') > 0 then cast(trade -> '$.orders' as json[])
            else [
                json_object(
                    'ft_is_entry', 'true', 'filled', trade ->> '$.amount',
                    'safe_price', trade ->> '$.open_rate',
                    'order_filled_timestamp',
                    coalesce(trade ->> '$.open_timestamp', trade ->> '$.open_date')
                ),
                json_object(
                    'ft_is_entry', 'false',
                    'filled', case when (trade ->> '$.close_rate') is not null
                        then trade ->> '$.amount' end,
                    'safe_price', trade ->> '$.close_rate',
                    'order_filled_timestamp',
                    coalesce(trade ->> '$.close_timestamp', trade ->> '$.close_date')
                )
            ]
        end as orders
    from answers
),

placed as (
    select
        *,
        unnest(orders) as placed_order,
        unnest(range(len(orders))) as nth_order
    from trades
),

sided as (
    select
        *,
        coalesce(
            placed_order ->> '$.filled',
            case when (placed_order ->> '$.order_filled_timestamp') is not null
                then placed_order ->> '$.amount' end
        ) as filled,
        coalesce(
            ingest_unless_zero(placed_order ->> '$.average'), placed_order ->> '$.safe_price'
        ) as price,
        coalesce(
            placed_order ->> '$.ft_is_entry',
            case when (placed_order ->> '$.ft_order_side') = case when is_short then 'sell'
                else 'buy' end then 'true' else 'false' end
        ) = 'true' as is_entry
    from placed
),

ends as (
    select
        *,
        is_entry <> is_short as is_buy,
        case when is_entry then 'open' else 'close' end as end_word,
        trade ->> ('$.fee_' || case when is_entry then 'open' else 'close' end) as fee_rate,
        ingest_unless_zero(
            trade ->> ('$.fee_' || case when is_entry then 'open' else 'close' end || '_cost')
        ) as fee_cost,
        trade ->> ('$.fee_' || case when is_entry then 'open' else 'close' end || '_currency')
            as fee_currency,
        count(*) over (partition by row_id, nth_trade, is_entry) as filled_orders
    from sided
    where ingest_unless_zero(filled) is not null or symbol is null
),

final as (
    select
        row_id,
        nth_trade as item,
        part as raw,
        'fill' as shape,
        case
            when symbol is null or not contains(symbol, '/')
                then 'not_a_trade it has no pair such as BTC/USDT'
            when filled_orders > 1 and fee_cost is not null and fee_currency <> quote_currency
                then 'accumulated_fee of ' || filled_orders || ' orders only the sum of fees is '
                || 'told, in ' || fee_currency
        end as refusal,
        nullif(trade ->> '$.exchange', '') as venue,
        symbol,
        base_currency,
        quote_currency,
        settlement_currency,
        case when settlement_currency is null then 'SPOT' when settlement_currency = quote_currency
            then 'LINEAR' end as instrument_type,
        case when settlement_currency = quote_currency then '1' end as multiplier,
        coalesce(nullif(placed_order ->> '$.order_id', ''), trade_key || ' ' || nth_order)
            as order_id,
        coalesce(nullif(placed_order ->> '$.order_id', ''), trade_key || ' ' || nth_order)
            as fill_id,
        case when is_buy then 'BUY' else 'SELL' end as side,
        filled as quantity,
        price,
        case
            when fee_cost is not null and fee_currency is not null and filled_orders = 1
                then fee_cost
            else ingest_product(ingest_product(filled, price), fee_rate)
        end as fee_amount,
        case
            when fee_cost is not null and fee_currency is not null and filled_orders = 1
                then fee_currency
            else quote_currency
        end as fee_currency,
        placed_order ->> '$.order_filled_timestamp' as executed_at
    from ends
    union all by name
    select
        row_id,
        nth_trade as item,
        part as raw,
        'cash' as shape,
        nullif(trade ->> '$.exchange', '') as venue,
        symbol,
        base_currency,
        quote_currency,
        settlement_currency,
        case when settlement_currency = quote_currency then 'LINEAR' end as instrument_type,
        case when settlement_currency = quote_currency then '1' end as multiplier,
        trade_key || ' funding' as movement_id,
        'FUNDING' as kind,
        trade ->> '$.funding_fees' as amount,
        settlement_currency as currency,
        coalesce(trade ->> '$.close_timestamp', trade ->> '$.close_date') as occurred_at
    from trades
    where ingest_unless_zero(trade ->> '$.funding_fees') is not null
        and settlement_currency is not null and (trade ->> '$.close_rate') is not null
)

select * from final
