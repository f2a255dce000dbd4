-- One row per book: an account and an instrument that ever had a fill, a funding payment or a lot.
-- A book keeps its number, as the ledger met it, however the table is made: no row of it ever goes
-- stale.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale='1 = 0',
) }}
{% set fresh = 'batch_id > ' ~ built_through() if is_incremental() else '1 = 1' -%}
with traded as (
    select
        account_id,
        instrument_id,
        min(batch_id) as batch_id
    from {{ ref('stg_order_fills') }}
    where {{ fresh }}
    group by account_id, instrument_id
),

funded as (
    select
        account_id,
        instrument_id,
        min(batch_id) as batch_id
    from {{ ref('stg_cash_movements') }}
    where {{ is_result('kind') }} and instrument_id is not null and {{ fresh }}
    group by account_id, instrument_id
),

brought_in as (
    select
        account_id,
        instrument_id,
        min(batch_id) as batch_id
    from {{ ref('stg_opening_lots') }}
    where {{ fresh }}
    group by account_id, instrument_id
),

met as (
    select * from traded
    union all
    select * from funded
    union all
    select * from brought_in
),

books as (
    select
        account_id,
        instrument_id,
        min(batch_id) as batch_id
    from met
    group by account_id, instrument_id
),

final as (
    select
        cast(row_number() over (
            order by books.batch_id, books.account_id, books.instrument_id
        ) {%- if is_incremental() %} + (select coalesce(max(book_key), 0) from {{ this }}){% endif %}
            as integer) as book_key,
        books.account_id,
        books.instrument_id,
        instruments.symbol,
        instruments.instrument_type,
        instruments.base_currency,
        instruments.quote_currency,
        instruments.settlement_currency,
        instruments.is_inverse,
        instruments.multiplier,
        coalesce(methods.pnl_method, {{ pnl_method() }}) as pnl_method
    from books
    left join {{ ref('stg_instruments') }} as instruments
        on books.instrument_id = instruments.instrument_id
    left join {{ ref('pnl_methods') }} as methods
        on books.account_id = methods.account_id
    {%- if is_incremental() %}
    where not exists (
        select 1 from {{ this }} as known
        where known.account_id = books.account_id
            and known.instrument_id = books.instrument_id
    )
    {%- endif %}
)

select * from final
