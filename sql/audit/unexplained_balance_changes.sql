-- Changes of a stated balance, from one statement to the next, that no fact of the ledger explains.
--
-- What a venue states of a currency changes by cash movements, spot fills, fees, lots brought in,
-- and what closing a derivative gained. The difference of two balances that follow one another,
-- less all of these after the first and until the second, is not explained.
--
-- Columns:
--   venue text: who states it
--   account_id text: the account
--   currency text: the currency, unit of all amounts here
--   from_at timestamp: the moment of the earlier balance, UTC
--   to_at timestamp: the moment of the later one, UTC
--   from_amount decimal(38, 12): the earlier balance
--   to_amount decimal(38, 12): the later one
--   explained decimal(38, 12): what the ledger's facts changed it by
--   unexplained decimal(38, 12): what is left of the change; positive is more than the facts say
--   from_statement_id uuid: the statement of the earlier balance
--   to_statement_id uuid: and of the later
-- Parameters:
--   tolerance decimal(38, 12), default 0: so much is let pass, in the currency
with params as (
    select cast(0 as decimal(38, 12)) as tolerance
),

-- of one moment the balance that was recorded last
stated as (
    select
        statements.venue,
        statements.account_id,
        balances.currency,
        balances.amount,
        balances.stated_at,
        balances.statement_id,
        row_number() over (
            partition by
                statements.venue, statements.account_id, balances.currency, balances.stated_at
            order by balances.recorded_at desc, balances.statement_balance_id
        ) as recency
    from statement_balances as balances
    inner join statements on balances.statement_id = statements.statement_id
    where balances.kind = 'BALANCE'
),

spans as (
    select
        venue,
        account_id,
        currency,
        lag(stated_at) over (
            partition by venue, account_id, currency order by stated_at
        ) as from_at,
        stated_at as to_at,
        lag(amount) over (
            partition by venue, account_id, currency order by stated_at
        ) as from_amount,
        amount as to_amount,
        lag(statement_id) over (
            partition by venue, account_id, currency order by stated_at
        ) as from_statement_id,
        statement_id as to_statement_id
    from stated
    where recency = 1
),

fills as (
    select
        costed.*,
        books.account_id,
        books.instrument_type,
        books.base_currency,
        books.quote_currency
    from int_fills_costed as costed
    inner join int_books as books on costed.book_key = books.book_key
),

flows as (
    select
        account_id,
        currency,
        amount,
        occurred_at
    from cash_movements
    union all
    select
        account_id,
        base_currency,
        case when is_buy then quantity else -quantity end,
        executed_at
    from fills
    where instrument_type = 'SPOT'
    union all
    select
        account_id,
        quote_currency,
        case when is_buy then -round(quantity * price, 12) else round(quantity * price, 12) end,
        executed_at
    from fills
    where instrument_type = 'SPOT'
    union all
    select
        account_id,
        fee_currency,
        -fee_amount,
        executed_at
    from fills
    where fee_amount <> 0
    union all
    select
        lots.account_id,
        instruments.base_currency,
        case when lots.side = 'BUY' then lots.quantity else -lots.quantity end,
        lots.acquired_at
    from opening_lots as lots
    inner join stg_instruments as instruments on lots.instrument_id = instruments.instrument_id
    where instruments.instrument_type = 'SPOT'
    union all
    select
        matches.account_id,
        matches.currency,
        matches.gross_pnl,
        matches.closed_at
    from lot_matches as matches
    inner join stg_instruments as instruments on matches.instrument_id = instruments.instrument_id
    where instruments.instrument_type <> 'SPOT'
),

explained as (
    select
        spans.venue,
        spans.account_id,
        spans.currency,
        spans.to_at,
        sum(flows.amount) as explained
    from spans
    inner join flows
        on spans.account_id = flows.account_id
        and spans.currency = flows.currency
        and flows.occurred_at > spans.from_at
        and flows.occurred_at <= spans.to_at
    group by spans.venue, spans.account_id, spans.currency, spans.to_at
),

changes as (
    select
        spans.*,
        coalesce(explained.explained, 0) as explained,
        spans.to_amount - spans.from_amount - coalesce(explained.explained, 0) as unexplained
    from spans
    left join explained
        on spans.venue = explained.venue
        and spans.account_id = explained.account_id
        and spans.currency = explained.currency
        and spans.to_at = explained.to_at
    where spans.from_at is not null
),

final as (
    select
        changes.venue,
        changes.account_id,
        changes.currency,
        changes.from_at,
        changes.to_at,
        changes.from_amount,
        changes.to_amount,
        changes.explained,
        changes.unexplained,
        changes.from_statement_id,
        changes.to_statement_id
    from changes
    cross join params
    where abs(changes.unexplained) > params.tolerance
)

select * from final
order by to_at, venue, account_id, currency
