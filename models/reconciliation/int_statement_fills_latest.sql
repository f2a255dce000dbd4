-- One row per execution a venue reports, of the latest statement that tells of its moment.
with tellings as (
    select * from {{ ref('int_statement_fills_current') }}
),

-- only what is told again has to be numbered: sorting all of it would take most of the time
repeated as (
    select exchange_fill_id
    from tellings
    group by exchange_fill_id
    having count(*) > 1
),

numbered as (
    select
        statement_fill_id,
        statement_id,
        row_number() over (
            partition by venue, account_id, instrument_id, side, exchange_fill_id
            order by stated_at desc, statement_id desc, executed_at, statement_fill_id
        ) as occurrence,
        first_value(statement_id) over (
            partition by venue, account_id, instrument_id, side, exchange_fill_id
            order by stated_at desc, statement_id desc, executed_at, statement_fill_id
            rows between unbounded preceding and current row
        ) as latest_statement_id
    from tellings
    where exchange_fill_id in (select exchange_fill_id from repeated)
),

-- told by several, the latest of them is believed: it is not told twice
final as (
    select
        tellings.venue,
        tellings.account_id,
        tellings.statement_id,
        tellings.exchange_fill_id,
        tellings.exchange_order_id,
        tellings.instrument_id,
        tellings.side,
        tellings.quantity,
        tellings.price,
        tellings.fee_amount,
        tellings.fee_currency,
        tellings.executed_at,
        tellings.recorded_at,
        tellings.statement_fill_id,
        coalesce(numbered.occurrence, 1) as occurrence
    from tellings
    left join numbered on tellings.statement_fill_id = numbered.statement_fill_id
    where numbered.statement_fill_id is null
        or numbered.statement_id = numbered.latest_statement_id
)

select * from final
