-- One row per execution a venue reports, of the latest statement that covers its moment.
with reported as (
    select
        statements.venue,
        statements.account_id,
        statements.statement_id,
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

current_fills as (
    select *
    from reported
    where not exists (
        select 1
        from {{ ref('int_fill_statements') }} as newer
        where newer.venue = reported.venue
            and newer.account_id = reported.account_id
            and reported.executed_at >= newer.period_start
            and reported.executed_at < newer.period_end
            and (
                newer.recorded_at > reported.stated_at
                or (
                    newer.recorded_at = reported.stated_at
                    and newer.statement_id > reported.statement_id
                )
            )
    )
),

final as (
    select
        *,
        row_number() over (
            partition by venue, account_id, instrument_id, side, exchange_fill_id
            order by executed_at, statement_fill_id
        ) as occurrence
    from current_fills
)

select * from final
