-- One row per instrument, with a number that grows with its id.
with final as (
    select
        instrument_id,
        allows_negative_price,
        cast(row_number() over (order by instrument_id) as integer) as instrument_key
    from {{ ref('stg_instruments') }}
)

select * from final
