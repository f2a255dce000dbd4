-- One row per account: the currency its results are reported in.
{%- set fallback = var('reporting_currency', none) %}
with final as (
    select
        account_id,
        coalesce(base_currency, {{ "'" ~ fallback ~ "'" if fallback else 'null' }})
            as reporting_currency
    from {{ ref('stg_accounts') }}
)

select * from final
