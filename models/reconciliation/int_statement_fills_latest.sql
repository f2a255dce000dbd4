-- One row per execution a venue reports, of the latest statement that tells of its moment.
with reported as (
    select
        statements.venue,
        statements.account_id,
        statements.statement_id,
        statements.period_start,
        statements.period_end,
        statements.recorded_at as stated_at,
        fills.exchange_fill_id,
        fills.exchange_order_id,
        fills.instrument_id,
        fills.side,
        fills.quantity,
        fills.price,
        fills.fee_amount,
        fills.fee_currency,
        fills.executed_at,
        fills.recorded_at,
        fills.statement_fill_id
    from {{ ref('stg_statement_fills') }} as fills
    inner join {{ ref('int_fill_statements') }} as statements
        on fills.statement_id = statements.statement_id
),

-- at the very moment where one page of an export ends and the next begins, neither may be whole
current_fills as (
    select *
    from reported
    where not exists (
        select 1
        from {{ ref('int_fill_statements') }} as newer
        where newer.venue = reported.venue
            and newer.account_id = reported.account_id
            and (newer.instrument_id is null or newer.instrument_id = reported.instrument_id)
            and reported.executed_at >= newer.period_start
            and reported.executed_at < newer.period_end
            and (
                reported.executed_at > newer.period_start
                or reported.period_start >= newer.period_start
            )
            and (
                reported.executed_at + interval 1 microsecond < newer.period_end
                or reported.period_end <= newer.period_end
            )
            and (
                newer.recorded_at > reported.stated_at
                or (
                    newer.recorded_at = reported.stated_at
                    and newer.statement_id > reported.statement_id
                )
            )
    )
),

numbered as (
    select
        *,
        row_number() over (
            partition by venue, account_id, instrument_id, side, exchange_fill_id
            order by stated_at desc, statement_id desc, executed_at, statement_fill_id
        ) as occurrence,
        first_value(statement_id) over (
            partition by venue, account_id, instrument_id, side, exchange_fill_id
            order by stated_at desc, statement_id desc, executed_at, statement_fill_id
            rows between unbounded preceding and current row
        ) as latest_statement_id
    from current_fills
),

-- told by several, the latest of them is believed: it is not told twice
final as (
    select
        venue,
        account_id,
        statement_id,
        exchange_fill_id,
        exchange_order_id,
        instrument_id,
        side,
        quantity,
        price,
        fee_amount,
        fee_currency,
        executed_at,
        recorded_at,
        statement_fill_id,
        occurrence
    from numbered
    where statement_id = latest_statement_id
)

select * from final
