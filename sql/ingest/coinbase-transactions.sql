-- Coinbase transactions, as GET /v2/accounts/:account_id/transactions and
-- /transactions/:transaction_id answer them.
--
-- Deposits and withdrawals of fiat currency, what was received and what was sent are deposits and
-- withdrawals; moves between one's own accounts, vaults, staking and other products of the venue
-- transfers, rewards interest, a subscription a fee. What was bought, sold or converted without an
-- order is an adjustment in each account it moves; so is all else. Each is the change of its
-- account, a network's fee within it. Fills of orders are passed over: load coinbase-fills.
-- Requests are, as they move nothing, and what is not completed: load it again later. Each is of
-- when it was created.
--
-- shape: cash
-- reads: json
-- recognised by: native_amount+type+status, data.native_amount+data.type+data.status
-- records: data
-- venue: coinbase

with entries as (
    select
        row_id,
        coalesce(record -> '$.data', record) as t
    from ingest_raw
),

told as (
    select
        row_id,
        t,
        t ->> '$.type' as what,
        t ->> '$.status' as status,
        t ->> '$.amount.amount' as amount
    from entries
),

final as (
    select
        row_id,
        case
            when what is null or status is null
                then 'not_an_entry it has no type and status: is it an answer of '
                || '/v2/accounts/:id/transactions?'
        end as refusal,
        t ->> '$.id' as movement_id,
        case
            when what in ('fiat_deposit', 'fiat_withdrawal', 'send', 'receive')
                then case when starts_with(amount, '-') then 'WITHDRAWAL' else 'DEPOSIT' end
            when what in ('transfer', 'vault_withdrawal', 'derivatives_settlement')
                or regexp_matches(what, '^(exchange|pro|intx)_(deposit|withdrawal)$')
                or regexp_matches(what, '^(un)?staking_transfer$')
                then 'TRANSFER'
            when what in ('interest', 'staking_reward', 'inflation_reward', 'earn_payout')
                then 'INTEREST'
            when what = 'subscription' then 'FEE'
            else 'ADJUSTMENT'
        end as kind,
        amount,
        t ->> '$.amount.currency' as currency,
        concat_ws(': ', what, nullif(t ->> '$.description', '')) as reason,
        t ->> '$.created_at' as occurred_at
    from told
    where what is null
        or status is null
        or (
            status = 'completed'
            and what not in ('advanced_trade_fill', 'request')
            and (ingest_decimal(amount) is null or ingest_decimal(amount) <> 0)
        )
)

select * from final
