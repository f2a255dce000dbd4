-- One row per account and settlement currency: its results, and what they are in the currency the
-- account reports in.
{%- set amounts = ['realized_gross_pnl', 'fees_paid', 'funding', 'unrealized_pnl'] %}
with parts as (
    select
        account_id,
        currency,
        pnl_method,
        instrument_id,
        realized_gross_pnl,
        fees_paid,
        funding,
        unrealized_pnl
    from {{ ref('positions') }}
    union all
    select
        cash.account_id,
        cash.currency,
        coalesce(methods.pnl_method, {{ pnl_method() }}),
        null,
        0,
        0,
        cash.funding,
        0
    from {{ ref('int_account_cash') }} as cash
    left join {{ ref('pnl_methods') }} as methods
        on cash.account_id = methods.account_id
),

results as (
    select
        account_id,
        currency,
        min(pnl_method) as pnl_method,
        count(instrument_id) as instrument_count,
        sum(realized_gross_pnl) as realized_gross_pnl,
        {{ sum_known('fees_paid') }} as fees_paid,
        {{ sum_known('funding') }} as funding,
        {{ sum_known('unrealized_pnl') }} as unrealized_pnl
    from parts
    group by account_id, currency
),

valuation as (
    select max(event_at) as valued_at
    from {{ ref('stg_market_ticks') }}
),

ranked_rates as (
    select
        *,
        row_number() over (
            partition by pair_key
            order by rate_number desc
        ) as recency
    from {{ ref('conversion_rates') }}
),

newest_rates as (
    select * from ranked_rates
    where recency = 1
),

routed as (
    select distinct pair_key
    from {{ ref('int_conversion_routes') }}
),

rated as (
    select
        results.*,
        accounts.reporting_currency,
        results.currency = accounts.reporting_currency as is_reporting_currency,
        pairs.pair_key,
        routed.pair_key is not null as is_routed,
        valuation.valued_at
    from results
    cross join valuation
    left join {{ ref('int_reporting_currencies') }} as accounts
        on results.account_id = accounts.account_id
    left join {{ ref('int_conversion_pairs') }} as pairs
        on results.currency = pairs.from_currency
        and accounts.reporting_currency = pairs.to_currency
    left join routed on pairs.pair_key = routed.pair_key
),

amounts as (
    {{ each_amount(
        'rated', ['account_id', 'currency', 'reporting_currency', 'pair_key'], amounts
    ) }}
),

converted_amounts as (
    select
        amounts.account_id,
        amounts.currency,
        amounts.name,
        {{ reported(
            'amounts.amount', 'amounts.currency', 'amounts.reporting_currency', 'rates'
        ) }} as amount
    from amounts
    left join newest_rates as rates on amounts.pair_key = rates.pair_key
),

reported as (
    select
        account_id,
        currency,
        {%- for amount in amounts %}
        sum(case when name = '{{ amount }}' then amount end) as reporting_{{ amount }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from converted_amounts
    group by account_id, currency
),

converted as (
    select
        rated.*,
        {%- for amount in amounts %}
        reported.reporting_{{ amount }},
        {%- endfor %}
        rates.rate_number is not null as is_rated,
        case when rated.is_reporting_currency then 1 else rates.rate end as rate,
        rates.rated_at,
        rates.via_currency,
        rates.first_instrument_id,
        rates.is_first_inverted,
        rates.first_price,
        rates.first_priced_at,
        rates.second_instrument_id,
        rates.is_second_inverted,
        rates.second_price,
        rates.second_priced_at
    from rated
    inner join reported
        on rated.account_id = reported.account_id
        and rated.currency = reported.currency
    left join newest_rates as rates on rated.pair_key = rates.pair_key
),

final as (
    select
        account_id,
        currency,
        pnl_method,
        instrument_count,
        realized_gross_pnl,
        fees_paid,
        funding,
        realized_gross_pnl - fees_paid + funding as net_pnl,
        unrealized_pnl,
        realized_gross_pnl - fees_paid + funding + unrealized_pnl as total_pnl,
        case
            when fees_paid is null then 'FEE_WITHOUT_RATE'
            when funding is null then 'FUNDING_WITHOUT_RATE'
            when unrealized_pnl is null then 'POSITION_WITHOUT_MARK'
        end as unknown_reason,
        reporting_currency,
        reporting_realized_gross_pnl,
        reporting_fees_paid,
        reporting_funding,
        reporting_realized_gross_pnl - reporting_fees_paid + reporting_funding
            as reporting_net_pnl,
        reporting_unrealized_pnl,
        reporting_realized_gross_pnl - reporting_fees_paid + reporting_funding
        + reporting_unrealized_pnl as reporting_total_pnl,
        case
            when reporting_currency is null then 'NO_REPORTING_CURRENCY'
            when is_reporting_currency then null
            when {{ amounts | join(' = 0 and ') }} = 0 then null
            when not is_rated and is_routed then 'NO_TICK'
            when not is_rated then 'NO_INSTRUMENT'
            {%- for amount in amounts %}
            when {{ amount }} is not null and reporting_{{ amount }} is null then 'TOO_LARGE'
            {%- endfor %}
        end as missing_reason,
        rate,
        rated_at,
        case
            when is_reporting_currency then 0
            else date_diff('second', rated_at, valued_at)
        end as rate_age_seconds,
        valued_at,
        via_currency,
        first_instrument_id,
        is_first_inverted,
        first_price,
        first_priced_at,
        second_instrument_id,
        is_second_inverted,
        second_price,
        second_priced_at
    from converted
)

select * from final
