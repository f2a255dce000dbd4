-- KuCoin account ledgers, as GET /api/v1/accounts/ledgers, /api/v1/hf/accounts/ledgers and
-- /api/v3/hf/margin/account/ledgers answer them.
--
-- Deposits, withdrawals, transfers between accounts, staking profits and other earnings (interest)
-- and liquidation fees are such; what else is booked (bonuses, loans, each currency of a
-- conversion, a withdrawal that came back, what a liquidation gave back) is an adjustment. An
-- amount has its fee within it, and the direction tells its sign: amount and fee are movements of
-- their own that add up to it. Trades (also on margin, cross and isolated), and their fees, as they
-- are paid in KCS, deducted, returned or refunded, are passed over: load kucoin-trades. A
-- liquidation, which may be a trade or not, is refused. Entries of all account types (main, trade,
-- margin) are one account's, in which a transfer between two of them is nought.
--
-- shape: cash
-- reads: json
-- recognised by: bizType+direction+currency
-- records: data.items, items, data
-- venue: kucoin
-- macros: movements

with entries as (
    select
        row_id,
        record,
        record ->> '$.bizType' as what,
        replace(lower(record ->> '$.bizType'), '_', ' ') as word,
        lower(record ->> '$.direction') as direction,
        record ->> '$.amount' as amount,
        record ->> '$.fee' as fee
    from ingest_raw
),

changes as (
    select
        *,
        case direction when 'in' then amount when 'out' then ingest_negated(amount) end as change,
        what is null or direction is null or direction not in ('in', 'out') as is_none
    from entries
    where what is null
        or word not in (
            'exchange', 'spot exchange', 'trade exchange', 'margin exchange', 'isolated exchange',
            'margin trade', 'kcs pay fees', 'refunded fees', 'returned fees', 'deduction fees'
        )
),

told as (
    select
        *,
        case
            when is_none
                then 'not_an_entry it has no bizType and direction: is it an answer of '
                || '/accounts/ledgers?'
            when word = 'liquidation'
                then 'unknown_type it does not tell whether a trade sold what was liquidated: '
                || 'declare it with canonical-fills or canonical-cash'
        end as refusal,
        case
            when word = 'deposit' and direction = 'in' then 'DEPOSIT'
            when word in ('withdraw', 'withdrawal') and direction = 'out' then 'WITHDRAWAL'
            when contains(word, 'transfer') then 'TRANSFER'
            when regexp_matches(word, 'profit|earning|interest') then 'INTEREST'
            when word = 'liquidation fees' then 'FEE'
            else 'ADJUSTMENT'
        end as kind,
        concat_ws(' ', what, nullif(record ->> '$.accountType', '')) as reason
    from changes
),

movements as (
    select
        row_id,
        record,
        refusal,
        reason,
        unnest(movements_of(record ->> '$.id', kind, change, fee), recursive := true)
    from told
),

final as (
    select
        row_id,
        refusal,
        -- an entry and its fee are one thing that was read
        0 as item,
        movement_id,
        kind,
        amount,
        record ->> '$.currency' as currency,
        reason,
        record ->> '$.createdAt' as occurred_at
    from movements
)

select * from final
