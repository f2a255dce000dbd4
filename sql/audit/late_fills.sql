-- Fills that the ledger learned of long after they were executed, or after their day was reported.
--
-- A fill is late where more than `late_seconds` lie between its execution and its recording, or
-- where a build had been published after its UTC day was over and before the fill was recorded:
-- what that build reported of the day lacks it. The history of builds is that of the database
-- asked: a copy made by --as-of has only its own.
--
-- Columns:
--   fill_id uuid: the fill
--   order_id uuid: its order
--   account_id text: the account
--   instrument_id text: the instrument
--   venue text: where it traded
--   kind text: TRADE, CORRECTION or BUST
--   executed_at timestamp: when it traded, UTC
--   recorded_at timestamp: when the ledger learned it, UTC
--   delay_seconds bigint: from execution to recording, whole seconds
--   reported_at timestamp: the first build published after its day and before it was recorded, UTC;
--     null where there was none
--   batch_id bigint: the batch it came with
-- Parameters:
--   late_seconds bigint, default 3600: a longer delay than this is late, seconds
with params as (
    select cast(3600 as bigint) as late_seconds
),

builds as (
    select distinct recorded_at as published_at
    from check_history
    where is_published
),

-- execution days, each with the first build after it
days as (
    select
        fills.executed_on,
        min(builds.published_at) as reported_at
    from (select distinct cast(executed_at as date) as executed_on from order_fills) as fills
    inner join builds on cast(builds.published_at as date) > fills.executed_on
    group by fills.executed_on
),

fills as (
    select
        order_fills.*,
        date_diff('second', order_fills.executed_at, order_fills.recorded_at) as delay_seconds,
        case when days.reported_at < order_fills.recorded_at then days.reported_at end
            as reported_at
    from order_fills
    left join days on cast(order_fills.executed_at as date) = days.executed_on
),

final as (
    select
        fills.fill_id,
        fills.order_id,
        fills.account_id,
        fills.instrument_id,
        fills.venue,
        fills.kind,
        fills.executed_at,
        fills.recorded_at,
        fills.delay_seconds,
        fills.reported_at,
        fills.batch_id
    from fills
    cross join params
    where fills.delay_seconds > params.late_seconds
        or fills.reported_at is not null
)

select * from final
order by delay_seconds desc, fill_id
