-- One row per open lot, with what it would gain if it were closed at the mark.
with sized as (
    select
        lots.*,
        marks.mark_price,
        instruments.is_inverse,
        {{ contract_size('lots.quantity', 'instruments.multiplier') }} as size,
        case when lots.direction = 'LONG' then lots.open_price else marks.mark_price end
            as buy_price,
        case when lots.direction = 'LONG' then marks.mark_price else lots.open_price end
            as sell_price
    from {{ ref('open_lots') }} as lots
    left join {{ ref('stg_instruments') }} as instruments
        on lots.instrument_id = instruments.instrument_id
    left join {{ ref('int_marks') }} as marks
        on lots.instrument_id = marks.instrument_id
),

final as (
    select
        *,
        case
            when pnl_method = 'average' then {{ pooled_pnl(
                'is_inverse', "direction = 'LONG'", 'size', 'mark_price', 'open_cost'
            ) }}
            else {{ gross_pnl('is_inverse', 'size', 'buy_price', 'sell_price') }}
        end as unrealized_pnl
    from sized
)

select * from final
