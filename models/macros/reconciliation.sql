{#-
The CTEs that hold what a venue states of something against what the ledger adds up to.

`steps` is given: each row changes the ledger's `amount` of a subject or states it (`is_stated` 1,
with `stated_amount`), and says when the ledger learned it. They make `latest`, with the latest
statement of each subject first (`recency` 1), and `since`: when the first of the statements that
leave the difference there is became known. `subject` is the column that is stated, of a venue's
account; `carried` are columns of the statement to keep.
-#}
{% macro stated_differences(subject, carried=[]) -%}
added as (
    select
        *,
        sum(amount) over (
            partition by venue, account_id, {{ subject }}
            order by happened_at, is_stated
            rows between unbounded preceding and current row
        ) as our_amount,
        max(case when is_stated = 0 then recorded_at end) over (
            partition by venue, account_id, {{ subject }}
            order by happened_at, is_stated
            rows between unbounded preceding and current row
        ) as our_recorded_at
    from steps
),

compared as (
    select
        venue,
        account_id,
        {{ subject }},
        happened_at as stated_at,
        our_amount,
        stated_amount,
        {%- for column in carried %}
        {{ column }},
        {%- endfor %}
        statement_id,
        coalesce(our_recorded_at, timestamp '0001-01-01 00:00:00') as our_recorded_at,
        recorded_at
    from added
    where is_stated = 1
),

-- of what was stated last, since when the difference is what it is
latest as (
    select
        *,
        row_number() over (
            partition by venue, account_id, {{ subject }}
            order by stated_at desc
        ) as recency,
        first_value(our_amount - stated_amount) over (
            partition by venue, account_id, {{ subject }}
            order by stated_at desc
            rows between unbounded preceding and current row
        ) as latest_difference
    from compared
),

unlike as (
    select
        venue,
        account_id,
        {{ subject }},
        max(stated_at) as stated_at
    from latest
    where our_amount - stated_amount <> latest_difference
    group by venue, account_id, {{ subject }}
),

since as (
    select
        latest.venue,
        latest.account_id,
        latest.{{ subject }},
        -- of what had happened by the first of them: what came late changed the difference
        min(latest.our_recorded_at) as our_recorded_at,
        min(latest.recorded_at) as recorded_at
    from latest
    left join unlike
        on latest.venue = unlike.venue
        and latest.account_id = unlike.account_id
        and latest.{{ subject }} = unlike.{{ subject }}
    where unlike.stated_at is null or latest.stated_at > unlike.stated_at
    group by latest.venue, latest.account_id, latest.{{ subject }}
)
{%- endmacro %}
