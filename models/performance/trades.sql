-- One row per trade: a position of an account in an instrument from flat to flat, or to its turn.
{{ config(
    materialized='incremental' if target.has_kernels is defined else 'table',
    incremental_strategy='replace',
    stale=of_changed_trades('trades'),
) }}
with joined as (
    select
        trades.*,
        books.account_id,
        books.instrument_id,
        books.settlement_currency,
        books.is_inverse,
        books.pnl_method,
        case when funding.trade_number is null then 0 else funding.funding end as funding,
        least(trades.lowest_price, extremes.lowest_mid) as lowest_seen,
        greatest(trades.highest_price, extremes.highest_mid) as highest_seen,
        extremes.trade_number is not null as is_watched
    from {{ ref('int_trades') }} as trades
    {{ join_changed_trades('trades') }}
    inner join {{ ref('int_books') }} as books on trades.book_key = books.book_key
    left join {{ ref('int_trade_funding') }} as funding
        on trades.book_key = funding.book_key
        and trades.trade_number = funding.trade_number
    left join {{ ref('int_trade_extremes') }} as extremes
        on trades.book_key = extremes.book_key
        and trades.trade_number = extremes.trade_number
),

-- a product has 14 digits before the point; of magnitudes floats can tell
explained as (
    select
        *,
        case
            when not is_watched then 'NO_TICK'
            when not is_inverse
                and cast(size as double) * cast(highest_seen - lowest_seen as double)
                >= cast(50000000000000 as double)
                then 'TOO_LARGE'
        end as excursion_reason
    from joined
),

-- what all that was entered would have made at the lowest and at the highest price
excursions as (
    select
        *,
        case
            when excursion_reason is not null then null
            when is_long
                then {{ gross_pnl('is_inverse', 'size', 'entry_price', 'lowest_seen') }}
            else {{ gross_pnl('is_inverse', 'size', 'lowest_seen', 'entry_price') }}
        end as pnl_at_lowest,
        case
            when excursion_reason is not null then null
            when is_long
                then {{ gross_pnl('is_inverse', 'size', 'entry_price', 'highest_seen') }}
            else {{ gross_pnl('is_inverse', 'size', 'highest_seen', 'entry_price') }}
        end as pnl_at_highest
    from explained
),

final as (
    select
        account_id,
        instrument_id,
        trade_number,
        case when is_long then 'LONG' else 'SHORT' end as direction,
        is_open,
        opened_at,
        closed_at,
        cast(date_diff('microsecond', opened_at, closed_at) * 0.000001 as decimal(38, 12))
            as holding_seconds,
        fill_count,
        entry_quantity,
        exit_quantity,
        max_quantity,
        entry_price,
        exit_price,
        gross_pnl,
        fees,
        funding,
        gross_pnl - fees + funding as net_pnl,
        lowest_seen as lowest_price,
        highest_seen as highest_price,
        case when is_long then pnl_at_lowest else pnl_at_highest end as mae,
        case when is_long then pnl_at_highest else pnl_at_lowest end as mfe,
        excursion_reason,
        settlement_currency as currency,
        pnl_method
    from excursions
)

select * from final
