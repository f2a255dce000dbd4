-- Kraken spot ledger, as POST /0/private/Ledgers and QueryLedgers answer it, and its export as
-- CSV.
--
-- Deposits and withdrawals are such, their fees fees; transfers are transfers, staking, earning,
-- rewards and dividends interest, and a rollover's fee a fee. Trades, and what margin trades made,
-- are passed over: load kraken-trades. What was bought, sold or converted at once has no trade: its
-- two entries of one refid, what was spent and what was received, are a fill with an order of its
-- own, made by the first of them, and the other counts as a duplicate. Against a currency that
-- others are quoted in it is a sale or a purchase of the other one, and else a purchase of what was
-- received. The price is the amount of the quote currency divided by that of the base, in whole
-- numbers and rounded once, and the fill is marked as rounded if it does not end in 12 decimals;
-- the fee is the one of the entry that has one, the moment the second of the first. The symbol is
-- BTC/EUR, a book apart from that of the pair's own name, as an entry does not tell it. Entries
-- without their counterpart, or with two fees, are refused. As a statement it tells of these fills
-- alone. An entry without an id is not booked yet, and passed over. XBT is called BTC; assets with
-- a suffix, as staked (.S), stay apart.
--
-- shape: cash, fill
-- reads: csv, json
-- recognised by: txid+refid+aclass+asset+fee+balance
-- records: result.ledger.<txid>, result.<txid>, ledger.<txid>
-- columns: txid, refid, time, type, asset, amount, fee
-- optional: subtype, aclass, subclass, wallet, balance, amountusd
-- venue: kraken
-- macros: kraken
-- scope: symbols
-- repeats: yes

with booked as (
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
    where coalesce(txid, '') <> '' or coalesce(type, '') = ''
),

entries as (
    select
        *,
        coalesce(what in ('spend', 'receive', 'sale', 'conversion'), false) as is_leg
    from booked
    where coalesce(what, '') not in ('trade', 'margin', 'settled')
),

-- an entry that two pages have, or the export and an answer, is one leg
legs as (
    select
        refid,
        currency,
        min(amount) as amount,
        min(ingest_unless_zero(fee)) as fee,
        min(ingest_time(time)) as booked_at,
        min(time) as time_text
    from entries
    where is_leg
    group by
        refid,
        txid,
        currency,
        coalesce(cast(ingest_decimal(amount) as varchar), amount),
        coalesce(cast(ingest_decimal(fee) as varchar), fee)
),

pairs as (
    select
        refid,
        count(*) as parts,
        count(fee) as fees,
        max(fee) as fee,
        max(currency) filter (fee is not null) as fee_currency,
        max(currency) filter (ingest_decimal(amount) < 0) as spent_currency,
        max(currency) filter (ingest_decimal(amount) > 0) as received_currency,
        max(ltrim(amount, '-')) filter (ingest_decimal(amount) < 0) as spent,
        max(amount) filter (ingest_decimal(amount) > 0) as received,
        -- an answer tells more of a moment than the export does
        coalesce(
            cast(date_trunc('second', min(booked_at)) as varchar), min(time_text)
        ) as executed_at
    from legs
    group by refid
),

-- of two currencies that others are quoted in, the one that stands first is the quote
ranked as (
    select
        *,
        [
            'USD', 'EUR', 'GBP', 'CAD', 'JPY', 'AUD', 'CHF', 'AED', 'USDT', 'USDC', 'DAI', 'PYUSD',
            'USDG', 'USDQ', 'USDR', 'USDS', 'RLUSD', 'EURT', 'EURC', 'EURQ', 'EURR', 'BTC', 'ETH'
        ] as quotes
    from pairs
),

quoted as (
    select
        *,
        parts = 2 and spent is not null and received is not null
        and spent_currency <> received_currency as is_whole,
        coalesce(
            nullif(list_position(quotes, received_currency), 0)
            < coalesce(nullif(list_position(quotes, spent_currency), 0), len(quotes) + 1), false
        ) as is_sale
    from ranked
),

fills as (
    select
        *,
        case when is_sale then spent_currency else received_currency end as base,
        case when is_sale then received_currency else spent_currency end as quote,
        case when is_sale then spent else received end as quantity,
        case when is_sale then received else spent end as total
    from quoted
),

final as (
    select
        row_id,
        'cash' as shape,
        -- an entry and its fee are one thing that was read
        0 as item,
        case
            when what is null
                then 'not_an_entry it has no txid and type: is it an answer of /private/Ledgers?'
        end as refusal,
        txid as movement_id,
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
    where not is_leg
        and (what is null or ingest_unless_zero(amount) is not null)
    union all by name
    select
        row_id,
        'cash' as shape,
        0 as item,
        txid || ' fee' as movement_id,
        'FEE' as kind,
        ingest_negated(fee) as amount,
        currency,
        concat_ws(' ', what, part) as reason,
        time as occurred_at
    from entries
    where not is_leg and ingest_unless_zero(fee) is not null
    union all by name
    select
        entries.row_id,
        'fill' as shape,
        0 as item,
        case
            when not coalesce(fills.is_whole, false)
                then 'incomplete_trade ' || entries.what || ' of ' || coalesce(entries.refid, '')
                || case
                    when coalesce(fills.parts, 1) > 2
                        then ' has ' || fills.parts || ' entries, and what was got for each of '
                        || 'them is not told: '
                    else ' is not one amount spent and one received: load its other entry with '
                        || 'it, or '
                end
                || 'declare it with canonical-fills'
            when fills.fees > 1
                then 'several_fee_currencies ' || entries.what || ' of ' || entries.refid
                || ' has a fee on both its entries: declare it with canonical-fills'
        end as refusal,
        fills.base || '/' || fills.quote as symbol,
        'of-fill-' || entries.refid as order_id,
        entries.refid as fill_id,
        case when fills.is_sale then 'SELL' else 'BUY' end as side,
        fills.quantity,
        ingest_quotient(fills.total, fills.quantity) as price,
        coalesce(fills.fee, '0') as fee_amount,
        fills.fee_currency,
        fills.executed_at,
        fills.base as base_currency,
        fills.quote as quote_currency,
        'SPOT' as instrument_type
    from entries
    left join fills on entries.refid = fills.refid
    where entries.is_leg
)

select * from final
