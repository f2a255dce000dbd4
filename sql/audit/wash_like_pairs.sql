-- Buys and sells of one hand: the same instrument at the same price, within seconds of each other.
--
-- Accounts of one trader are one group; an account without a trader is a group of its own. Each
-- pair of a buy and a sell is a row, so a fill may stand in several. Fills that were busted, or
-- replaced by a correction, do not count. A pair is a reason to look, and no proof of a wash trade.
--
-- Columns:
--   account_group text: the trader, or the account
--   instrument_id text: the instrument
--   price decimal(38, 12): of both, quote units
--   buy_fill_id uuid: the buy
--   buy_account_id text: its account
--   buy_quantity decimal(38, 12): base units or contracts
--   bought_at timestamp: when, UTC
--   sell_fill_id uuid: the sell
--   sell_account_id text: its account
--   sell_quantity decimal(38, 12): base units or contracts
--   sold_at timestamp: when, UTC
--   seconds_apart bigint: whole seconds between them
-- Parameters:
--   within_seconds bigint, default 60: at most so far apart, seconds
with params as (
    select cast(60 as bigint) as within_seconds
),

amended as (
    select corrects_fill_id as fill_id
    from order_fills
    where corrects_fill_id is not null
),

fills as (
    select
        order_fills.*,
        coalesce(accounts.trader_id, order_fills.account_id) as account_group,
        accounts.trader_id is null as is_alone
    from order_fills
    left join stg_accounts as accounts on order_fills.account_id = accounts.account_id
    left join amended on order_fills.fill_id = amended.fill_id
    where order_fills.kind <> 'BUST'
        and amended.fill_id is null
),

pairs as (
    select
        buys.account_group,
        buys.instrument_id,
        buys.price,
        buys.fill_id as buy_fill_id,
        buys.account_id as buy_account_id,
        buys.quantity as buy_quantity,
        buys.executed_at as bought_at,
        sells.fill_id as sell_fill_id,
        sells.account_id as sell_account_id,
        sells.quantity as sell_quantity,
        sells.executed_at as sold_at,
        abs(epoch_us(buys.executed_at) - epoch_us(sells.executed_at)) as apart_us
    from fills as buys
    inner join fills as sells
        on buys.account_group = sells.account_group
        and buys.is_alone = sells.is_alone
        and buys.instrument_id = sells.instrument_id
        and buys.price = sells.price
    where buys.side = 'BUY'
        and sells.side = 'SELL'
),

final as (
    select
        pairs.account_group,
        pairs.instrument_id,
        pairs.price,
        pairs.buy_fill_id,
        pairs.buy_account_id,
        pairs.buy_quantity,
        pairs.bought_at,
        pairs.sell_fill_id,
        pairs.sell_account_id,
        pairs.sell_quantity,
        pairs.sold_at,
        pairs.apart_us // 1000000 as seconds_apart
    from pairs
    cross join params
    where pairs.apart_us <= params.within_seconds * 1000000
)

select * from final
order by bought_at, buy_fill_id, sell_fill_id
