-- What is held of each currency in the accounts of one owner, as venues list them in the pages of
-- an answer.

-- The balances of all accounts of a load: of its answers' lists, of an answer about one account, or
-- of accounts by themselves. What is given are paths: of the list and of the one account in an
-- answer, and in an account of its id, of what says that it is one, of what is held and of what is
-- held back besides, if anything is; `endpoint` is what an answer should be of. An account that is
-- told twice counts once.
create or replace temp macro accounts_balances(
    listed, single, account_id, marker, held, on_hold, endpoint
) as table
    with answers as (
        select
            row_id,
            json_extract_string(record, '$.has_next') as has_next,
            coalesce(json_type(record, listed) = 'ARRAY', false) as is_list,
            case
                when json_type(record, listed) = 'ARRAY'
                    then cast(json_extract(record, listed) as json[])
                when json_type(record, single) = 'OBJECT' then [json_extract(record, single)]
                else [record]
            end as accounts
        from ingest_raw
    ),

    -- a balance is of all lists, also of those that have no account of its currency
    lists as (
        select
            list(row_id order by row_id) as of_rows,
            coalesce(max_by(has_next, row_id) filter (has_next is not null) = 'true', false)
                as has_more
        from answers
        where is_list
    ),

    accounts as (
        select
            row_id,
            unnest(accounts) as a
        from answers
    ),

    read_accounts as (
        select
            row_id,
            json_extract_string(a, account_id) as account,
            json_extract_string(a, '$.currency') as currency,
            json_extract_string(a, held) as held_text,
            coalesce(nullif(json_extract_string(a, on_hold), ''), '0') as on_hold_text,
            json_extract_string(a, marker) is null as is_none
        from accounts
    ),

    sums as (
        select
            *,
            ingest_decimal(held_text) + ingest_decimal(on_hold_text) as amount,
            case
                when ingest_decimal(held_text) is null then held_text
                when ingest_decimal(on_hold_text) is null then on_hold_text
            end as unread
        from read_accounts
    ),

    counted as (
        select
            *,
            account is null or row_number() over (same_account order by row_id) = 1 as is_first,
            account is not null
            and min(coalesce(cast(amount as varchar), unread, '')) over same_account
            <> max(coalesce(cast(amount as varchar), unread, '')) over same_account as differs
        from sums
        window same_account as (partition by account, currency)
    ),

    added as (
        select
            *,
            count(*) filter (is_first) over same_currency as parts,
            count(amount) filter (is_first) over same_currency as readable,
            max(unread) over same_currency as unreadable,
            sum(amount) filter (is_first) over same_currency as total,
            max(account) filter (differs) over same_currency as ambiguous,
            bool_or(is_none) over same_currency as lacks_one
        from counted
        window same_currency as (partition by currency)
    )

    -- each part tells the whole, or what of it cannot be read: they are one fact
    select distinct
        row_id,
        case
            when is_none
                then 'not_a_balance it has no ' || substr(marker, 3) || ': is it an answer of '
                || endpoint || '?'
            when has_more
                then 'incomplete_answer has_next says that there are accounts after the last page: '
                || 'load all pages together, in their order'
            when lacks_one
                then 'incomplete_answer another account of ' || currency || ' has no '
                || substr(marker, 3)
            when ambiguous is not null
                then 'ambiguous_balance account ' || ambiguous || ' is told twice, with different '
                || 'balances: load what is of one moment'
        end as refusal,
        'BALANCE' as kind,
        case when not is_none and not has_more then currency end as currency,
        case
            when lacks_one or has_more or ambiguous is not null then null
            when readable < parts then unreadable
            when parts = 1 and ingest_decimal(on_hold_text) = 0 then held_text
            else cast(total as varchar)
        end as amount,
        cast(null as varchar) as stated_at,
        of_rows
    from added
    cross join lists;
