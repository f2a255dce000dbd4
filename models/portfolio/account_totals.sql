-- One row per account: its results over all instruments, in the currency it reports in.
with final as (
    select
        account_id,
        reporting_currency,
        count(*) as currency_count,
        count(missing_reason) as unconverted_currency_count,
        {{ sum_known('reporting_realized_gross_pnl') }} as realized_gross_pnl,
        {{ sum_known('reporting_fees_paid') }} as fees_paid,
        {{ sum_known('reporting_funding') }} as funding,
        {{ sum_known('reporting_net_pnl') }} as net_pnl,
        {{ sum_known('reporting_unrealized_pnl') }} as unrealized_pnl,
        {{ sum_known('reporting_total_pnl') }} as total_pnl,
        max(valued_at) as valued_at
    from {{ ref('account_pnl') }}
    group by account_id, reporting_currency
)

select * from final
