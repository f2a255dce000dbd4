-- Bybit v5 balances and positions, as GET /v5/account/wallet-balance and /v5/position/list answer
-- them, and the wallet and position streams send them. Loaded `--as statement`.
--
-- A balance is the wallet balance of a coin, which has no results of open positions in it. The
-- account is all account types (UNIFIED, CONTRACT, SPOT) of a load: of several it is the sum of the
-- last answer of each, so load at once those whose transactions the ledger has, and with an
-- --account of their own the others. Of the wallet stream one type can be loaded.
--
-- A position is below zero where its side is Sell, and of both sides of one contract the sum; its
-- average price is told where there is one side. The pages of an answer belong together, in their
-- order: one side is refused where the other may stand on a page that is missing, or in a message
-- that is. Symbols are those of bybit-executions.
--
-- Each is of the moment of the answer (time), of the message, or else the position's last change. A
-- wallet without the answer around it tells no moment: say it with --to, the moment after.
--
-- shape: balance
-- reads: json
-- recognised by: result.list.coin.walletBalance, result.list.positionIdx+result.list.size
-- recognised by: data.coin.walletBalance, data.positionIdx+data.size
-- recognised by: list.coin.walletBalance, list.positionIdx+list.size
-- venue: bybit
-- macros: bybit

with followed as (
    select
        *,
        coalesce(lag(has_more) over (partition by is_answer, category order by row_id), false)
            as is_next
    from bybit_pages()
),

-- pages one after the other, and messages all together
numbered as (
    select
        *,
        case
            when is_answer
                then sum(case when is_next then 0 else 1 end)
                    over (partition by is_answer, category order by row_id)
        end as answer
    from followed
),

pages as (
    select
        *,
        not is_answer or last_value(has_more) over same_answer as lacks_more,
        list(row_id) over same_answer as answer_rows
    from numbered
    window same_answer as (
        partition by is_answer, category, answer order by row_id
        rows between unbounded preceding and unbounded following
    )
),

entries as (
    select
        e.*,
        p.is_answer,
        p.answer,
        p.lacks_more,
        p.answer_rows,
        coalesce(entry ->> '$.category', page_category) as category,
        entry ->> '$.symbol' as venue_symbol,
        entry ->> '$.positionIdx' as side_number,
        json_type(entry -> '$.coin') = 'ARRAY' as is_wallet,
        entry ->> '$.positionIdx' is not null and entry ->> '$.size' is not null as is_position
    from bybit_entries() as e
    inner join pages as p on e.row_id = p.row_id
),

typed as (
    select
        *,
        entry ->> '$.accountType' as account_type,
        coalesce(
            min(entry ->> '$.accountType') over () <> max(entry ->> '$.accountType') over (), false
        ) as has_several,
        bool_and(is_answer) over () as are_answers
    from entries
    where is_wallet
),

wallets as (
    select
        *,
        has_several and not are_answers as is_unclear,
        row_number() over (
            partition by account_type
            order by ingest_time(page_told_at) desc nulls last, row_id desc, item desc
        ) = 1 as is_last
    from typed
),

coins as (
    select
        row_id,
        page_told_at,
        has_several,
        unnest(cast(entry -> '$.coin' as json[])) as c
    from wallets
    where not is_unclear and (not has_several or is_last)
),

coin_sums as (
    select
        row_id,
        c ->> '$.coin' as currency,
        c ->> '$.walletBalance' as amount,
        page_told_at,
        has_several,
        count(*) over same_coin as parts,
        count(ingest_decimal(c ->> '$.walletBalance')) over same_coin as readable,
        sum(ingest_decimal(c ->> '$.walletBalance')) over same_coin as total
    from coins
    window same_coin as (partition by c ->> '$.coin')
),

sides as (
    select
        *,
        case when entry ->> '$.side' = 'Sell' then ingest_negated(entry ->> '$.size')
            else entry ->> '$.size' end as amount,
        coalesce(
            ingest_unless_zero(entry ->> '$.avgPrice'), ingest_unless_zero(entry ->> '$.entryPrice')
        ) as price,
        coalesce(page_told_at, entry ->> '$.updatedTime') as told_at,
        row_number() over (
            partition by is_answer, answer, category, venue_symbol, side_number
            order by
                ingest_time(coalesce(page_told_at, entry ->> '$.updatedTime')) desc nulls last,
                row_id desc, item desc
        ) = 1 as is_last
    from entries
    where is_position
),

positions as (
    select
        row_id,
        category,
        venue_symbol,
        bybit_quote(category, venue_symbol) as quote,
        case
            when count(*) filter (is_last) over same_position = 1
                and side_number in ('1', '2') and lacks_more
                then 'incomplete_answer it tells one side of a hedged position: load the whole '
                || 'answer, all its pages together in their order, or the other message, too'
            when min(side_number = '0') over same_position
                <> max(side_number = '0') over same_position
                then 'ambiguous_balance its position mode was changed: load what is of one moment'
        end as refusal,
        -- one side as it is written, two as their sum, which none can be read of if one cannot
        case
            when count(*) filter (is_last) over same_position = 1
                then max(amount) filter (is_last) over same_position
            when bool_or(ingest_decimal(amount) is null) filter (is_last) over same_position
                then 'not a number'
            else cast(sum(ingest_decimal(amount)) filter (is_last) over same_position as varchar)
        end as amount,
        case
            when count(price) filter (is_last) over same_position = 1
                then max(price) filter (is_last) over same_position
        end as average_price,
        max(told_at) over same_position as stated_at,
        answer_rows
    from sides
    window same_position as (partition by is_answer, answer, category, venue_symbol)
),

final as (
    select
        row_id,
        'not_a_balance it has neither coins nor a position: is it an answer of '
        || '/v5/account/wallet-balance or /v5/position/list?' as refusal
    from entries
    where not coalesce(is_wallet, false) and not coalesce(is_position, false)
    union all by name
    select distinct
        row_id,
        'ambiguous_balance the wallets are of several account types: load each with an --account '
        || 'of its own' as refusal
    from wallets
    where is_unclear
    union all by name
    select
        row_id,
        'BALANCE' as kind,
        currency,
        case
            when not has_several or parts = 1 then amount
            when readable < parts then 'not a number'
            else cast(total as varchar)
        end as amount,
        case
            when has_several then (select max(page_told_at) from coins) else page_told_at
        end as stated_at,
        case
            when has_several
                then (select list(row_id order by row_id) filter (is_last) from wallets)
        end as of_rows
    from coin_sums
    union all by name
    select distinct
        row_id,
        refusal,
        'POSITION' as kind,
        bybit_symbol(category, venue_symbol, quote) as symbol,
        amount,
        average_price,
        stated_at,
        bybit_base(category, venue_symbol, quote) as base_currency,
        quote as quote_currency,
        case category when 'inverse' then bybit_base(category, venue_symbol, quote) else quote end
            as settlement_currency,
        bybit_instrument_type(category) as instrument_type,
        bybit_multiplier(category) as multiplier,
        answer_rows as of_rows
    from positions
)

select * from final
