-- Binance account history (Transaction History, Generate all statements): one row a change of a
-- balance, without ids of orders or trades; in the layouts with UTC_Time and with Time.
--
-- The legs of trades and their fees of one second, in one account, are a fill where they are of one
-- coin got for one coin given: their sums at their average price, as which legs belong together is
-- not told. Each leg is also an event of the fill's order. Of several coins got or given, or fees
-- in several coins, every row is refused: load binance-trades instead, and load the two not both,
-- as they would be two fills of one trade. What was bought for fiat, converted or invested at once
-- is a fill where both its legs are told, and a deposit where only what was got is. Deposits,
-- withdrawals, what was paid from person to person, interest, transfers and fees without a trade
-- are cash; so are loans and swaps of a token, and what futures paid (Fee, Funding Fee, Realized
-- Profit and Loss), as adjustments, as no row names its contract. Rows that are equal are told
-- apart by their number in the file.
--
-- shape: cash, event, fill
-- reads: csv
-- recognised by: utc_time+account+operation+coin+change, user id+time+account+operation+coin+change
-- columns: account, operation, coin, change
-- optional: user_id, utc_time, user id, time, remark
-- venue: binance

with cells as (
    select
        row_id,
        coalesce(user_id, "user id") as user_id,
        coalesce(utc_time, "time") as stated_time, -- noqa: RF06
        account,
        operation,
        coin,
        change,
        remark
    from ingest_raw
),

-- with four digits a year; a time whose column names its zone is that of UTC
timed as (
    select
        *,
        regexp_replace(stated_time, '^([0-9]{2}-[0-9]{2}-[0-9]{2} )', '20\1') as utc_time
    from cells
),

rows as (
    select
        row_id,
        0 as item,
        user_id,
        account as wallet,
        operation,
        lower(operation) as op,
        coin,
        change,
        nullif(remark, '') as remark,
        case
            when regexp_matches(utc_time, '(Z|[+-][0-9]{2}:[0-9]{2})$')
                then coalesce(strftime(ingest_time(utc_time), '%Y-%m-%d %H:%M:%S'), utc_time)
            else utc_time
        end as happened_at,
        case when abs(ingest_decimal(change)) < 10000000000000 then ingest_decimal(change) end
            as moved,
        row_number() over (
            partition by row_id >> 40, user_id, utc_time, account, operation, coin, change, remark
            order by row_id
        ) as nth
    from timed
),

-- what was bought or converted at once is told by both its legs, or by what was got alone
paired as (
    select
        *,
        op in (
            'buy crypto', 'buy crypto with fiat', 'buy crypto with card', 'convert',
            'auto-invest transaction', 'stablecoins auto-conversion', 'futures convert'
        )
        and bool_or(moved < 0) over same_moment and bool_or(moved > 0) over same_moment
            as is_conversion
    from rows
    window same_moment as (partition by row_id >> 40, user_id, wallet, happened_at, op)
),

kinds as (
    select
        * exclude (is_conversion),
        coalesce(user_id, '') || ' ' || coalesce(wallet, '') || ' ' || coalesce(happened_at, '')
        || ' ' || coalesce(operation, '') || ' ' || coalesce(coin, '') || ' '
        || coalesce(change, '') || ' ' || coalesce(remark || ' ', '') || nth as movement_id,
        op in (
            'buy', 'sell', 'transaction related', 'transaction buy', 'transaction spend',
            'transaction sold', 'transaction revenue', 'small assets exchange bnb',
            'binance convert', 'large otc trading'
        )
        or coalesce(is_conversion, false) as is_trade_word,
        op in ('fee', 'transaction fee') as is_fee_word,
        moved <> 0 and coin is not null and ingest_time(happened_at) is not null as is_readable
    from paired
),

grouped as (
    select
        row_id >> 40 as file,
        user_id,
        wallet,
        happened_at,
        min(row_id) filter (is_trade_word) as first_row,
        list(row_id) as of_rows,
        min(coin) filter (is_trade_word and moved > 0) as got,
        min(coin) filter (is_trade_word and moved < 0) as given,
        count(distinct coin) filter (is_trade_word and moved > 0) as coins_got,
        count(distinct coin) filter (is_trade_word and moved < 0) as coins_given,
        count(distinct coin) filter (is_fee_word) as fee_coins,
        sum(moved) filter (is_trade_word and moved > 0) as amount_got,
        -sum(moved) filter (is_trade_word and moved < 0) as amount_given,
        coalesce(-sum(moved) filter (is_fee_word), 0) as fee,
        min(coin) filter (is_fee_word) as fee_coin
    from kinds
    where (is_trade_word or is_fee_word) and is_readable
    group by all
    having bool_or(is_trade_word)
),

-- what is quoted in what: the first of the two coins in this list is the quote
ranked as (
    select
        *,
        [
            'USDT', 'FDUSD', 'BUSD', 'USDC', 'TUSD', 'USDP', 'DAI', 'USD', 'TRY', 'BRL', 'ARS',
            'MXN', 'COP', 'ZAR', 'UAH', 'PLN', 'RON', 'CZK', 'JPY', 'NGN', 'RUB', 'EUR', 'GBP',
            'AUD', 'BTC',
            'ETH', 'BNB', 'TRX', 'XRP', 'DOGE', 'SOL'
        ] as quotes
    from grouped
),

pairs as (
    select
        *,
        coins_got = 1 and coins_given = 1 and got <> given and fee_coins <= 1
        and (list_contains(quotes, got) or list_contains(quotes, given)) as is_told,
        case
            when not list_contains(quotes, got) then given
            when not list_contains(quotes, given) then got
            when list_position(quotes, got) < list_position(quotes, given) then got
            else given
        end as quote
    from ranked
),

trades as (
    select
        * exclude (quotes),
        case when quote = got then given else got end as base,
        case when quote = got then 'SELL' else 'BUY' end as side,
        case when quote = got then amount_given else amount_got end as base_amount,
        case when quote = got then amount_got else amount_given end as quote_amount,
        'history ' || coalesce(user_id, '') || ' ' || coalesce(wallet, '') || ' ' || happened_at
        || ' ' || got || ' ' || given as trade_id
    from pairs
),

legs as (
    select
        kinds.*,
        trades.first_row,
        trades.of_rows,
        trades.is_told,
        trades.trade_id,
        trades.side,
        trades.base,
        trades.quote,
        trades.base_amount,
        trades.quote_amount,
        trades.fee,
        trades.fee_coin
    from kinds
    left join trades
        on kinds.is_readable
        and (kinds.is_trade_word or kinds.is_fee_word)
        and kinds.row_id >> 40 = trades.file
        and kinds.user_id is not distinct from trades.user_id
        and kinds.wallet is not distinct from trades.wallet
        and kinds.happened_at = trades.happened_at
),

final as (
    select
        row_id,
        item,
        'cash' as shape,
        case
            when not is_told or (
                is_trade_word and coin is not null and change is not null
                and happened_at is not null
            )
                then 'ambiguous_trade which legs of this second belong together is not told: '
                || 'load binance-trades instead'
            when kind is null and operation is not null
                then 'unknown_operation ' || operation || ' is no operation known: it may be money '
                || 'from outside, or between wallets'
        end as refusal,
        movement_id,
        kind,
        change as amount,
        coin as currency,
        operation || coalesce(': ' || remark, '') as reason,
        happened_at as occurred_at
    from (
        select
            *,
            case
                when is_trade_word then 'ADJUSTMENT'
                when op in (
                    'deposit', 'fiat deposit', 'buy crypto', 'buy crypto with fiat',
                    'buy crypto with card', 'fiat ocbs - add fiat and fees'
                )
                    then 'DEPOSIT'
                when op in ('withdraw', 'fiat withdraw', 'fiat withdrawal') then 'WITHDRAWAL'
                -- between persons, either way
                when op in (
                    'p2p trading', 'c2c trading', 'send', 'receive', 'binance pay', 'pay',
                    'crypto box', 'merchant acquiring', 'binance card spending'
                )
                    then case when moved < 0 then 'WITHDRAWAL' else 'DEPOSIT' end
                -- a fee of futures is of fills that are loaded from elsewhere, as their results are
                when is_fee_word and contains(lower(coalesce(wallet, '')), 'futures')
                    then 'ADJUSTMENT'
                when is_fee_word or op = 'liquidation fee' then 'FEE'
                when contains(op, 'transfer') or contains(op, 'subscri')
                    or contains(op, 'redemption') or contains(op, 'purchase')
                    or op in (
                        'eth 2.0 staking', 'eth 2.0 staking withdrawals', 'liquid swap add',
                        'liquidity farming remove'
                    )
                    then 'TRANSFER'
                when contains(op, 'interest') or contains(op, 'reward')
                    or op in ('launchpool earnings withdrawal', 'super bnb mining')
                    then 'INTEREST'
                when contains(op, 'distribution') or contains(op, 'airdrop')
                    or contains(op, 'commission') or contains(op, 'rebate')
                    or contains(op, 'cashback') or contains(op, 'voucher')
                    or contains(op, 'referral') or contains(op, 'margin loan')
                    or contains(op, 'repayment') or contains(op, 'insurance fund')
                    or starts_with(op, 'token swap') or contains(op, 'wrapping')
                    or op in (
                        'funding fee', 'realized profit and loss', 'realize profit and loss',
                        'asset recovery', 'leveraged coin consolidation', 'bnb fee deduction'
                    )
                    then 'ADJUSTMENT'
            end as kind
        from legs
    ) as moved
    where coalesce(is_told, false) = false
    union all by name
    select
        row_id,
        item,
        'event' as shape,
        base || quote as symbol,
        base as base_currency,
        quote as quote_currency,
        'SPOT' as instrument_type,
        trade_id as order_id,
        side,
        movement_id as event_id,
        'EXECUTED' as event_type,
        operation as venue_status,
        remark as reason,
        to_json(struct_pack(coin := coin, change := change)) as data,
        happened_at as occurred_at
    from legs
    where is_told
    union all by name
    select
        row_id,
        item,
        of_rows,
        'fill' as shape,
        base || quote as symbol,
        base as base_currency,
        quote as quote_currency,
        'SPOT' as instrument_type,
        trade_id as order_id,
        trade_id as fill_id,
        side,
        cast(base_amount as varchar) as quantity,
        ingest_quotient(cast(quote_amount as varchar), cast(base_amount as varchar)) as price,
        cast(fee as varchar) as fee_amount,
        fee_coin as fee_currency,
        happened_at as executed_at
    from legs
    where is_told and row_id = first_row
)

select * from final
