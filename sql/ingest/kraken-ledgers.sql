-- Kraken spot ledger, as POST /0/private/Ledgers and QueryLedgers answer it, and its export as
-- CSV.
--
-- Deposits and withdrawals are such, their fees fees; transfers are transfers, staking, earning,
-- rewards and dividends interest, and a rollover's fee a fee. Trades, and what margin trades made,
-- are passed over: load kraken-trades. Instant buys and conversions (spend, receive) have no
-- trade: they are refused, as their two legs are no cash movements. An entry without an id is not
-- booked yet, and passed over. XBT is called BTC; assets with a suffix, as staked (.S), stay
-- apart.
--
-- shape: cash
-- reads: csv, json
-- recognised by: txid+refid+aclass+asset+fee+balance
-- records: result.ledger.<txid>, result.<txid>, ledger.<txid>
-- columns: txid, refid, time, type, asset, amount, fee
-- optional: subtype, aclass, subclass, wallet, balance, amountusd
-- venue: kraken
-- macros: kraken

with entries as (
    select
        row_id,
        txid,
        refid,
        time,
        lower(type) as what,
        nullif(subtype, '') as part,
        kraken_currency(asset) as currency,
        amount,
        fee
    from ingest_raw
    where coalesce(txid, '') <> ''
        and lower(type) not in ('trade', 'margin', 'settled')
),

final as (
    select
        row_id,
        case
            when what in ('spend', 'receive', 'sale', 'conversion')
                then 'unknown_operation ' || what || ' is a leg of a conversion without a trade: '
                || 'declare it with canonical-fills'
        end as refusal,
        txid as movement_id,
        -- an entry and its fee are one thing that was read
        0 as item,
        case
            when what = 'deposit' then 'DEPOSIT'
            when what = 'withdrawal' then 'WITHDRAWAL'
            when what = 'transfer' then 'TRANSFER'
            when what = 'earn'
                and part in ('allocation', 'deallocation', 'migration', 'autoallocation')
                then 'TRANSFER'
            when what in ('staking', 'earn', 'reward', 'dividend') then 'INTEREST'
            else 'ADJUSTMENT'
        end as kind,
        amount,
        currency,
        concat_ws(' ', what, part) as reason,
        time as occurred_at
    from entries
    where ingest_unless_zero(amount) is not null
    union all by name
    select
        row_id,
        txid || ' fee' as movement_id,
        0 as item,
        'FEE' as kind,
        ingest_negated(fee) as amount,
        currency,
        concat_ws(' ', what, part) as reason,
        time as occurred_at
    from entries
    where ingest_unless_zero(fee) is not null
        and what not in ('spend', 'receive', 'sale', 'conversion')
)

select * from final
