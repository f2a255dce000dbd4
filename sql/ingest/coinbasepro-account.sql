-- Coinbase Pro account statement, as the site exported it (account.csv).
--
-- What one trade moved is two match rows, of what was got and what was given, and a fee row: they
-- are one fill, made by the first of them, and the others count as duplicates. The fee is charged
-- in the quote currency, which tells the product; without a fee, a currency that others are quoted
-- in does. The price is the amount of the quote currency divided by that of the base, in whole
-- numbers. A fill has the key it has in coinbasepro-fills: a trade loaded from there is a conflict,
-- not a second fill. A portfolio other than the default one is the account of its rows.
--
-- shape: fill, cash
-- reads: csv
-- columns: portfolio, type, amount, balance, amount/balance unit, transfer id, trade id, order id
-- optional: time, timestamp
-- venue: coinbasepro
-- repeats: yes

with cells as (
    select
        row_id,
        row_id >> 40 as file,
        nullif(portfolio, 'default') as account,
        lower(type) as type,
        amount,
        "amount/balance unit" as currency,
        nullif("transfer id", '') as transfer_id,
        nullif("trade id", '') as trade_id,
        nullif("order id", '') as order_id,
        coalesce("time", "timestamp") as executed_at -- noqa: RF06
    from ingest_raw
),

trades as (
    select
        file,
        account,
        trade_id,
        order_id,
        list(amount order by row_id) filter (type = 'match') as amounts,
        list(currency order by row_id) filter (type = 'match') as currencies,
        list(ingest_negated(amount)) filter (type in ('fee', 'rebate')) as fees,
        min(currency) filter (type in ('fee', 'rebate')) as fee_currency,
        min(executed_at) as executed_at
    from cells
    where type in ('match', 'fee', 'rebate') and trade_id is not null and order_id is not null
    group by file, account, trade_id, order_id
),

quoted as (
    select
        *,
        coalesce(
            fee_currency,
            list_filter(
                ['USD', 'EUR', 'GBP', 'USDC', 'USDT', 'DAI', 'BTC', 'ETH'],
                lambda quote: list_contains(currencies, quote)
            )[1]
        ) as quote
    from trades
),

products as (
    select
        *,
        len(amounts) = 2
        and len(list_distinct(currencies)) = 2
        and list_contains(currencies, quote)
        and ingest_decimal(amounts[1]) * sign(ingest_decimal(amounts[2])) < 0 as is_whole,
        case when currencies[1] = quote then currencies[2] else currencies[1] end as base,
        case when currencies[1] = quote then amounts[2] else amounts[1] end as base_amount,
        case when currencies[1] = quote then amounts[1] else amounts[2] end as quote_amount
    from quoted
),

fills as (
    select
        cells.row_id,
        0 as item,
        'fill' as shape,
        case
            when cells.type not in ('match', 'fee', 'rebate')
                then 'unknown_type ''' || cells.type || ''' is no trade, deposit or withdrawal'
            when not coalesce(products.is_whole, false)
                then 'incomplete_trade trade ' || coalesce(cells.trade_id, '') || ' of order '
                || coalesce(cells.order_id, '') || ' is not two amounts, one of them given, '
                || 'and a fee in one of their currencies: is the file cut?'
        end as refusal,
        cells.account,
        products.base || '-' || products.quote as symbol,
        products.order_id,
        products.trade_id as fill_id,
        products.base || '-' || products.quote || ' ' || products.trade_id as fill_key,
        case when starts_with(products.base_amount, '-') then 'SELL' else 'BUY' end as side,
        ltrim(products.base_amount, '-+') as quantity,
        ingest_quotient(ltrim(products.quote_amount, '-+'), ltrim(products.base_amount, '-+'))
            as price,
        case
            when fees is null then '0'
            when len(fees) = 1 then fees[1]
            else cast(list_sum(list_transform(fees, lambda f: ingest_decimal(f))) as varchar)
        end as fee_amount,
        products.quote as fee_currency,
        products.executed_at,
        products.base as base_currency,
        products.quote as quote_currency,
        'SPOT' as instrument_type
    from cells
    left join products
        on cells.file = products.file
        and cells.account is not distinct from products.account
        and cells.trade_id = products.trade_id
        and cells.order_id = products.order_id
    where cells.type not in ('deposit', 'withdrawal')
),

movements as (
    select
        row_id,
        0 as item,
        'cash' as shape,
        account,
        transfer_id as movement_id,
        upper(type) as kind,
        amount,
        currency,
        executed_at as occurred_at
    from cells
    where type in ('deposit', 'withdrawal')
),

final as (
    select * from fills
    union all by name
    select * from movements
)

select * from final
