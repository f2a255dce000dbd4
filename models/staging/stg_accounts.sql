-- One row per account, by its terms as they were stated last.
with source as (
    select * from {{ source('ledger', 'accounts') }}
    {{ known_as_of() }}
),

restatements as (
    select
        *,
        row_number() over (partition by account_id order by restated_at desc) as recency
    from {{ source('ledger', 'account_restatements') }}
    {{ known_as_of() }}
),

final as (
    select
        source.account_id,
        {{ in_force('trader_id') }},

        {{ in_force('venue') }},
        {{ in_force('base_currency') }},
        {{ in_force('account_type') }},
        source.origin,

        {{ in_force('opened_at') }},
        restated.restated_at,
        restated.recorded_at as restatement_recorded_at,

        source.recorded_at,
        source.batch_id
    from source
    left join restatements as restated
        on source.account_id = restated.account_id
        and restated.recency = 1
)

select * from final
